import { PushpinFilled, PushpinOutlined, SelectOutlined, SettingOutlined } from '@ant-design/icons';
import { Button, Dropdown, Tooltip } from 'antd';
import type { QualityChoice } from '#shared/domain/layerChoice';
import { shortName } from '../../i18n/format.ts';
import type { ParticipantView, TileView } from '../../state/consultModel.ts';
import { useText } from '../../ui/text.ts';
import { useRoom } from './roomContext.ts';

const CHOICES: readonly QualityChoice[] = ['auto', 'high', 'medium', 'low'];

export interface TileActionsProps {
  readonly participant: ParticipantView;
  readonly tile: TileView;
  readonly isPinned: boolean;
  readonly canPin: boolean;
}

/** Pin, quality and second screen, at the picture's corner; words in their tooltips and names. */
export function TileActions({ participant, tile, isPinned, canPin }: TileActionsProps) {
  const { t, language } = useText();
  const { model, popOut, poppedOut } = useRoom();
  const isOut = poppedOut.includes(tile.sourceId);
  return (
    <div className="cr-tile-actions" role="group" aria-label={t('tile.actions', { name: shortName(participant.party, language) })}>
      {canPin && (
        <Tooltip title={t(isPinned ? 'tile.unpin' : 'tile.pin')}>
          <Button
            aria-label={t(isPinned ? 'tile.unpin' : 'tile.pin')}
            aria-pressed={isPinned}
            icon={isPinned ? <PushpinFilled /> : <PushpinOutlined />}
            onClick={() => model.pin(isPinned ? null : tile.sourceId)}
            data-testid={`pin-${tile.sourceId}`}
          >
            {isPinned ? t('tile.pinned') : null}
          </Button>
        </Tooltip>
      )}
      {!tile.isOwn && (
        <Dropdown
          trigger={['click']}
          menu={{
            selectable: true,
            selectedKeys: [tile.choice],
            items: CHOICES.map((choice) => ({ key: choice, label: <span data-testid={`quality-${choice}`}>{t(`quality.${choice}`)}</span> })),
            onClick: ({ key }) => {
              const choice = CHOICES.find((one) => one === key);
              if (choice) model.setChoice(tile.sourceId, choice);
            },
          }}
        >
          <Button aria-label={t('tile.quality')} title={t('tile.quality')} icon={<SettingOutlined />} data-testid={`quality-of-${tile.sourceId}`}>
            {tile.choice === 'auto' ? null : t(`quality.${tile.choice}`)}
          </Button>
        </Dropdown>
      )}
      {!isOut && (
        <Tooltip title={t('tile.popOut')}>
          <Button aria-label={t('tile.popOut')} icon={<SelectOutlined />} onClick={() => popOut(tile.sourceId)} data-testid={`pop-out-${tile.sourceId}`} />
        </Tooltip>
      )}
    </div>
  );
}
