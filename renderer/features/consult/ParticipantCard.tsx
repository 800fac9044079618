import { CrownOutlined, DesktopOutlined, SoundOutlined } from '@ant-design/icons';
import type { SourceId } from '#shared/domain/ids';
import { fullName, shortName } from '../../i18n/format.ts';
import type { ParticipantView } from '../../state/consultModel.ts';
import { Avatar } from '../../ui/parts/Avatar.tsx';
import { useText } from '../../ui/text.ts';
import { HandIcon } from './HandIcon.tsx';
import { MicMark, QualityMark } from './PeerMarks.tsx';
import { Tile } from './Tile.tsx';

export interface ParticipantCardProps {
  readonly participant: ParticipantView;
  /** What is shown large already: its place stays, its packets do not come twice. */
  readonly shownLarge: readonly SourceId[];
  readonly onChoose: (sourceId: SourceId) => void;
}

/** Somebody in the strip: one card for a person or a cart, with all of its pictures and one line of who it is. */
export function ParticipantCard({ participant, shownLarge, onChoose }: ParticipantCardProps) {
  const { t, language } = useText();
  const { party, tiles } = participant;
  return (
    <li className="cr-card" data-testid={`card-${participant.peerId}`} data-speaking={participant.mic === 'live' && participant.audioLevel > 0.05} data-connected={participant.isConnected}>
      <div className="cr-card-tiles">
        {tiles.length === 0 && (
          <div className="cr-thumb cr-no-video">
            <Avatar party={party} isDecorative />
          </div>
        )}
        {tiles.map((tile) => (
          <div key={tile.sourceId} className="cr-thumb" data-on-stage={shownLarge.includes(tile.sourceId)}>
            {shownLarge.includes(tile.sourceId) ? (
              <div className="cr-cover">
                <DesktopOutlined />
                <span>{t('consult.onStage')}</span>
              </div>
            ) : (
              <Tile participant={participant} tile={tile} place="strip" isSmall />
            )}
            <span className="cr-thumb-label">{t(`profile.${tile.profile}`)}</span>
            <button
              type="button"
              className="cr-thumb-button"
              onClick={() => onChoose(tile.sourceId)}
              aria-label={t('consult.showOnStage', { name: `${shortName(party, language)} · ${t(`profile.${tile.profile}`)}` })}
              data-testid={`choose-${tile.sourceId}`}
            />
          </div>
        ))}
      </div>
      <div className="cr-card-caption" title={fullName(party, language)}>
        <MicMark mic={participant.mic} />
        {participant.hasClinicalAudio && <SoundOutlined title={t('consult.clinicalAudioOn')} />}
        {participant.isHost && <CrownOutlined title={t('consult.hostTag')} />}
        {participant.isHandRaised && <HandIcon title={t('consult.handUp')} />}
        <span className="hz-ellipsis">
          {participant.isSelf ? t('consult.youTag') : tiles.length > 1 ? fullName(party, language) : shortName(party, language)}
        </span>
        <QualityMark quality={participant.isConnected ? participant.quality : 'lost'} />
      </div>
    </li>
  );
}
