import { ArrowDownOutlined, ArrowUpOutlined } from '@ant-design/icons';
import { useText } from '../../ui/text.ts';
import type { Flag } from './vitalsView.ts';

/** Out of range, by arrow and word; the colour only repeats them. */
export function FlagMark({ flag }: { readonly flag: Flag }) {
  const { t } = useText();
  if (flag === null) return null;
  return (
    <span className="cf-flag" data-flag={flag}>
      {flag === 'high' ? <ArrowUpOutlined /> : <ArrowDownOutlined />} {t(`flag.${flag}`)}
    </span>
  );
}
