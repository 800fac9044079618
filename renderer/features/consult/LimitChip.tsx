import { ArrowDownOutlined } from '@ant-design/icons';
import type { TileView } from '../../state/consultModel.ts';
import { useText } from '../../ui/text.ts';
import { limitOf } from './roomView.ts';

/** Why a picture is smaller than its place, in words. */
export function LimitChip({ tile }: { readonly tile: TileView }) {
  const { t } = useText();
  const limit = limitOf(tile);
  if (!limit || tile.limit === 'senderPaused') return <span />;
  return (
    <span className="cr-limit" data-limit={tile.limit}>
      <ArrowDownOutlined /> {t(limit.long, { height: limit.height })}
    </span>
  );
}
