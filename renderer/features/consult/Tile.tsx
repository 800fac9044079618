import { ClockCircleOutlined, DisconnectOutlined, LoadingOutlined, PauseCircleOutlined, SelectOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { memo, type ReactNode } from 'react';
import { fullName, shortName } from '../../i18n/format.ts';
import type { ParticipantView, TileView } from '../../state/consultModel.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { LimitChip } from './LimitChip.tsx';
import { MicMark, QualityMark } from './PeerMarks.tsx';
import { useRoom } from './roomContext.ts';
import { frozenSeconds, isSameTile } from './roomView.ts';
import { TileActions } from './TileActions.tsx';
import { Video } from './Video.tsx';

export interface TileProps {
  readonly participant: ParticipantView;
  readonly tile: TileView;
  readonly place: 'stage' | 'side' | 'strip' | 'grid' | 'window';
  /** Thumbnails leave names to their card and have no buttons of their own. */
  readonly isSmall?: boolean;
  readonly isPinned?: boolean;
  /** False where the person's name stands beside it already. */
  readonly isNamed?: boolean;
}

/** A picture with what must be known about it. */
export const Tile = memo(function Tile({ participant, tile, place, isSmall = false, isPinned = false, isNamed = true }: TileProps) {
  const { t, language } = useText();
  const { poppedOut, popBack } = useRoom();
  const isElsewhere = place !== 'window' && poppedOut.includes(tile.sourceId);
  return (
    <div className="cr-tile" data-place={place} data-small={isSmall} data-profile={tile.profile} data-testid={`tile-${tile.sourceId}`}>
      {isElsewhere ? (
        <Cover icon={<SelectOutlined />} text={t('tile.poppedOut')}>
          {!isSmall && <Button onClick={() => popBack(tile.sourceId)}>{t('tile.popBack')}</Button>}
        </Cover>
      ) : (
        <>
          <Video tile={tile} place={place} />
          <Overlay participant={participant} tile={tile} isSmall={isSmall} />
        </>
      )}
      {!isSmall && (
        <>
          <div className="cr-tile-top">
            <LimitChip tile={tile} />
            {place !== 'window' && <TileActions participant={participant} tile={tile} isPinned={isPinned} canPin={place === 'stage' || place === 'grid' || place === 'side'} />}
          </div>
          <div className="cr-caption">
            {isNamed && <MicMark mic={participant.mic} />}
            <span className="hz-ellipsis">
              {isNamed && `${place === 'grid' ? shortName(participant.party, language) : fullName(participant.party, language)} · `}
              {t(`profile.${tile.profile}`)}
            </span>
            {tile.received.height > 0 && <span className="cr-size">{t('tile.size', { width: tile.received.width, height: tile.received.height })}</span>}
            {isNamed && !participant.isSelf && <QualityMark quality={participant.isConnected ? participant.quality : 'lost'} />}
          </div>
        </>
      )}
    </div>
  );
}, isSameTile);

function Cover(props: { readonly icon: ReactNode; readonly text: string; readonly tone?: 'caution'; readonly hint?: string; readonly children?: ReactNode }) {
  return (
    <div className="cr-cover" data-tone={props.tone}>
      {props.icon}
      <strong>{props.text}</strong>
      {props.hint && <span>{props.hint}</span>}
      {props.children}
    </div>
  );
}

/** Everything that makes a picture not the live picture it seems to be, the gravest first. */
function Overlay({ tile, isSmall }: { readonly participant: ParticipantView; readonly tile: TileView; readonly isSmall: boolean }) {
  const { t } = useText();
  const { monotonicMs } = useNow(1000, tile.frozenSinceMs !== null);
  if (tile.isDeviceLost) return <Cover tone="caution" icon={<DisconnectOutlined />} text={t(tile.isOwn ? 'tile.ownDeviceLost' : 'tile.deviceLost', { label: tile.label })} />;
  if (tile.isMuted) return <Cover icon={<PauseCircleOutlined />} text={t(tile.isOwn ? 'tile.ownMuted' : 'tile.sourceMuted')} />;
  if (tile.limit === 'senderPaused') return <Cover tone="caution" icon={<PauseCircleOutlined />} text={t(isSmall ? 'limitShort.senderPaused' : 'limit.senderPaused', { height: 0 })} />;
  const seconds = frozenSeconds(tile, monotonicMs);
  if (seconds !== null) {
    return (
      <div className="cr-frozen" data-testid={`frozen-${tile.sourceId}`}>
        <Cover tone="caution" icon={<ClockCircleOutlined />} text={t('tile.frozen', { count: seconds })} {...(isSmall ? {} : { hint: t('tile.frozenHint') })} />
      </div>
    );
  }
  if (tile.stream === null || (!tile.isOwn && tile.received.height === 0)) return <Cover icon={<LoadingOutlined />} text={t('tile.starting')} />;
  return null;
}
