import { CrownOutlined, MoreOutlined, PhoneOutlined } from '@ant-design/icons';
import { Button, Dropdown, Switch } from 'antd';
import { useState } from 'react';
import type { PeerId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import { duration, fullName, shortName } from '../../i18n/format.ts';
import type { ParticipantView } from '../../state/consultModel.ts';
import { Avatar } from '../../ui/parts/Avatar.tsx';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { HandIcon } from './HandIcon.tsx';
import { MicMark, QualityMark } from './PeerMarks.tsx';
import { useConsult, useRoom } from './roomContext.ts';

type Question = { readonly kind: 'remove' | 'mutePeer' | 'handOver' | 'turnAway'; readonly peerId: PeerId; readonly party: Party };

/** Who is here and who waits; for the host, what can be done about it. Everything done to a person is asked with their name. */
export function PeoplePanel() {
  const { t, language } = useText();
  const { model } = useRoom();
  const participants = useConsult((s) => s.participants);
  const waiting = useConsult((s) => s.waiting);
  const isHost = useConsult((s) => s.isHost);
  const isLocked = useConsult((s) => s.isLocked);
  const [question, setQuestion] = useState<Question | null>(null);
  const { wallMs } = useNow(10_000, waiting.length > 0);
  const name = question ? fullName(question.party, language) : '';

  const answer = () => {
    if (question?.kind === 'remove') model.removePeer(question.peerId);
    if (question?.kind === 'mutePeer') model.mutePeer(question.peerId);
    if (question?.kind === 'handOver') model.handOver(question.peerId);
    if (question?.kind === 'turnAway') model.turnAway(question.peerId);
    setQuestion(null);
  };

  return (
    <div className="cr-people">
      {isHost && (
        <label className="cr-lock">
          <span className="hz-grow">
            {t('people.lock')}
            <small className="hz-muted">{t('people.lockHelp')}</small>
          </span>
          <Switch checked={isLocked} onChange={(checked) => model.setLocked(checked)} aria-label={t('people.lock')} data-testid="lock-toggle" />
        </label>
      )}
      {waiting.length > 0 && (
        <section data-testid="waiting-list">
          <h2>{t('people.waiting', { count: waiting.length })}</h2>
          <ul>
            {waiting.map(({ peerId, party, sinceMs }) => (
              <li key={peerId} className="cr-person">
                <Avatar party={party} isDecorative />
                <div className="hz-grow">
                  <div>{fullName(party, language)}</div>
                  <small className="hz-muted">{t('people.waitingSince', { duration: duration(wallMs - sinceMs, language) })}</small>
                  <div className="hz-row cr-person-actions">
                    <Button type="primary" onClick={() => model.admit(peerId)} aria-label={t('people.admitNamed', { name: shortName(party, language) })} data-testid={`admit-${peerId}`}>
                      {t('people.admit')}
                    </Button>
                    <Button onClick={() => setQuestion({ kind: 'turnAway', peerId, party })} aria-label={t('people.turnAwayNamed', { name: shortName(party, language) })} data-testid={`turn-away-${peerId}`}>
                      {t('people.turnAway')}
                    </Button>
                  </div>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>{t('people.inRoom', { count: participants.length })}</h2>
        <ul>
          {participants.map((participant) => (
            <Person key={participant.peerId} participant={participant} canAct={isHost && !participant.isSelf} onAsk={setQuestion} onAskToUnmute={() => model.askToUnmute(participant.peerId)} />
          ))}
        </ul>
      </section>
      {question && (
        <ConfirmDialog
          isOpen
          title={t(`${question.kind}.title`, { name })}
          text={t(`${question.kind}.text`, { name })}
          confirmLabel={t(`${question.kind}.confirm`)}
          isDangerous={question.kind === 'remove' || question.kind === 'turnAway'}
          confirmTestId={`confirm-${question.kind}`}
          onConfirm={answer}
          onCancel={() => setQuestion(null)}
        />
      )}
    </div>
  );
}

interface PersonProps {
  readonly participant: ParticipantView;
  readonly canAct: boolean;
  readonly onAsk: (question: Question) => void;
  readonly onAskToUnmute: () => void;
}

function Person({ participant, canAct, onAsk, onAskToUnmute }: PersonProps) {
  const { t, language } = useText();
  const { party, peerId } = participant;
  const ask = (kind: Question['kind']) => () => onAsk({ kind, peerId, party });
  return (
    <li className="cr-person" data-testid={`person-${peerId}`} data-host={participant.isHost} data-connected={participant.isConnected} data-mic={participant.mic}>
      <Avatar party={party} isDecorative />
      <div className="hz-grow">
        <div>{fullName(party, language)}</div>
        <div className="hz-row-wrap cr-person-facts">
          <small className="hz-muted">{t(`role.${party.role}`)}</small>
          {participant.isSelf && <Chip>{t('consult.youTag')}</Chip>}
          {participant.isHost && <Chip tone="primary" icon={<CrownOutlined />}>{t('consult.hostTag')}</Chip>}
          {participant.isHandRaised && <Chip tone="caution" icon={party.kind === 'cart' ? <PhoneOutlined /> : <HandIcon />}>{t(party.kind === 'cart' ? 'consult.helpCalled' : 'consult.handUp')}</Chip>}
          {participant.tiles.length > 1 && <small className="hz-muted">{t('consult.sources', { count: participant.tiles.length })}</small>}
          {!participant.isSelf && <QualityMark quality={participant.isConnected ? participant.quality : 'lost'} isAlways />}
        </div>
      </div>
      <MicMark mic={participant.mic} />
      {canAct && (
        <Dropdown
          trigger={['click']}
          placement="bottomRight"
          menu={{
            items: [
              ...(participant.mic === 'live' ? [{ key: 'mute', label: <span data-testid={`mute-${peerId}`}>{t('people.mute')}</span>, onClick: ask('mutePeer') }] : []),
              ...(participant.mic === 'muted' ? [{ key: 'askUnmute', label: <span data-testid={`ask-unmute-${peerId}`}>{t('people.askUnmute')}</span>, onClick: onAskToUnmute }] : []),
              ...(hasPermission(party.role, 'room.host') ? [{ key: 'handOver', label: <span data-testid={`hand-over-${peerId}`}>{t('people.handOver')}</span>, onClick: ask('handOver') }] : []),
              { key: 'remove', danger: true, label: <span data-testid={`remove-${peerId}`}>{t('people.remove')}</span>, onClick: ask('remove') },
            ],
          }}
        >
          <Button type="text" icon={<MoreOutlined />} aria-label={t('people.actions', { name: shortName(party, language) })} data-testid={`actions-${peerId}`} />
        </Dropdown>
      )}
    </li>
  );
}
