import { type RefObject, useRef } from 'react';
import type { SourceId } from '#shared/domain/ids';
import { fullName } from '../../i18n/format.ts';
import type { ParticipantView } from '../../state/consultModel.ts';
import { Avatar } from '../../ui/parts/Avatar.tsx';
import { useText } from '../../ui/text.ts';
import { ParticipantCard } from './ParticipantCard.tsx';
import { MicMark, QualityMark } from './PeerMarks.tsx';
import { useConsult, useRoom } from './roomContext.ts';
import { findTile, gridColumns, sideTile, stripOrder } from './roomView.ts';
import { Tile } from './Tile.tsx';
import { useSize } from './useSize.ts';

/** The large picture; without any, who is here. */
export function Stage() {
  const { t } = useText();
  const participants = useConsult((s) => s.participants);
  const stageSourceId = useConsult((s) => s.stageSourceId);
  const pinnedSourceId = useConsult((s) => s.pinnedSourceId);
  const found = findTile(participants, stageSourceId);
  return (
    <section className="cr-stage" aria-label={t('consult.stage')} data-testid="stage">
      {found ? <Tile participant={found.participant} tile={found.tile} place="stage" isPinned={found.tile.sourceId === pinnedSourceId} /> : <NoPicture participants={participants} />}
    </section>
  );
}

function NoPicture({ participants }: { readonly participants: readonly ParticipantView[] }) {
  const { t, language } = useText();
  const others = participants.filter((participant) => !participant.isSelf);
  return (
    <div className="cr-nobody">
      {others.length === 0 ? (
        <p>{t('consult.nobodyElse')}</p>
      ) : (
        <ul>
          {others.map((participant) => (
            <li key={participant.peerId}>
              <Avatar party={participant.party} isDecorative />
              <span>{fullName(participant.party, language)}</span>
              <MicMark mic={participant.mic} hasWord />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Two pictures of equal size: the stage's and one beside it. */
export function SideBySide({ chosen }: { readonly chosen: SourceId | null }) {
  const { t } = useText();
  const participants = useConsult((s) => s.participants);
  const stageSourceId = useConsult((s) => s.stageSourceId);
  const pinnedSourceId = useConsult((s) => s.pinnedSourceId);
  const left = findTile(participants, stageSourceId);
  const right = sideTile(participants, stageSourceId, chosen);
  return (
    <section className="cr-sides" aria-label={t('consult.stage')} data-testid="stage">
      {left ? <Tile participant={left.participant} tile={left.tile} place="stage" isPinned={left.tile.sourceId === pinnedSourceId} /> : <NoPicture participants={participants} />}
      {right ? <Tile participant={right.participant} tile={right.tile} place="side" isPinned={right.tile.sourceId === pinnedSourceId} /> : <div className="cr-tile cr-cover">{t('consult.noVideo')}</div>}
    </section>
  );
}

/** Everybody at once, as large as the place allows; a cart is one card with its pictures. */
export function Grid() {
  const { t, language } = useText();
  const participants = stripOrder(useConsult((s) => s.participants));
  const pinnedSourceId = useConsult((s) => s.pinnedSourceId);
  const ref: RefObject<HTMLElement | null> = useRef(null);
  const { width, height } = useSize(ref);
  const columns = gridColumns(participants.length, width, height);
  return (
    <section ref={ref} className="cr-grid" aria-label={t('consult.stage')} data-testid="stage" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {participants.map((participant) => (
        <div key={participant.peerId} className="cr-cell" data-count={Math.min(4, participant.tiles.length)} data-speaking={participant.mic === 'live' && participant.audioLevel > 0.05}>
          {participant.tiles.length === 0 && (
            <div className="cr-tile cr-no-video">
              <Avatar party={participant.party} isDecorative />
              <div className="cr-caption">
                <MicMark mic={participant.mic} />
                <span className="hz-ellipsis">{fullName(participant.party, language)}</span>
                {!participant.isSelf && <QualityMark quality={participant.isConnected ? participant.quality : 'lost'} />}
              </div>
            </div>
          )}
          {participant.tiles.map((tile, index) => (
            <Tile key={tile.sourceId} participant={participant} tile={tile} place="grid" isNamed={index === 0} isPinned={tile.sourceId === pinnedSourceId} />
          ))}
        </div>
      ))}
    </section>
  );
}

/** Everybody in small, in a row that never reorders. In the side-by-side layout a press chooses the right-hand picture. */
export function Strip({ chosenSide, onChooseSide }: { readonly chosenSide: SourceId | null; readonly onChooseSide: ((sourceId: SourceId) => void) | null }) {
  const { t } = useText();
  const { model } = useRoom();
  const participants = stripOrder(useConsult((s) => s.participants));
  const stageSourceId = useConsult((s) => s.stageSourceId);
  const side = onChooseSide ? sideTile(participants, stageSourceId, chosenSide) : null;
  const shownLarge = [...(stageSourceId === null ? [] : [stageSourceId]), ...(side ? [side.tile.sourceId] : [])];
  return (
    <section className="cr-strip" aria-label={t('consult.strip')} data-testid="strip" tabIndex={0}>
      <ul>
        {participants.map((participant) => (
          <ParticipantCard key={participant.peerId} participant={participant} shownLarge={shownLarge} onChoose={onChooseSide ?? ((sourceId) => model.pin(sourceId))} />
        ))}
      </ul>
    </section>
  );
}
