import { TeamOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import type { ConsultSummary } from '#shared/domain/consult';
import type { ConsultId } from '#shared/domain/ids';
import { clockTime, duration, fullName, pick } from '../../i18n/format.ts';
import { AvatarGroup } from '../../ui/parts/Avatar.tsx';
import { Chip } from '../../ui/parts/Chip.tsx';
import { StateChip } from '../../ui/parts/StateChip.tsx';
import { type Translate, useText } from '../../ui/text.ts';

export interface WorklistRowProps {
  readonly row: ConsultSummary;
  readonly nowMs: number;
  readonly isOnline: boolean;
  readonly canJoin: boolean;
  readonly onJoin: (consultId: ConsultId) => void;
  readonly onCheck: (consultId: ConsultId) => void;
}

/** «女 · 63 岁», leaving out what is not known. */
export function patientFacts(row: Pick<ConsultSummary, 'patientAge' | 'patientSex'>, t: Translate): string {
  const facts = row.patientSex === 'unknown' ? [] : [t(`sex.${row.patientSex}`)];
  if (row.patientAge !== null) facts.push(t('patient.age', { count: row.patientAge }));
  return facts.join(' · ');
}

export function WorklistRow({ row, nowMs, isOnline, canJoin, onJoin, onCheck }: WorklistRowProps) {
  const { t, language } = useText();
  const time = clockTime(row.startsAtMs, nowMs, language);
  const isOpen = row.state === 'scheduled' || row.state === 'inSession';
  const untilMs = row.startsAtMs - nowMs;
  const when = row.state === 'inSession' ? t('worklist.now') : row.state !== 'scheduled' ? null : untilMs > 0 ? t('worklist.startsIn', { duration: duration(untilMs, language) }) : t('worklist.overdue');
  const isFirstChoice = row.state === 'inSession' || Math.abs(untilMs) < 30 * 60_000;

  return (
    <li className="wl-row" data-testid={`consult-row-${row.id}`} data-state={row.state}>
      <div className="wl-time">
        <strong>{time}</strong>
        <span className="hz-muted hz-small">{when ?? t('worklist.duration', { count: row.durationMinutes })}</span>
      </div>
      <div className="wl-what">
        <div className="hz-row-wrap">
          <strong className="wl-patient">{row.patientMasked}</strong>
          <span className="hz-muted">{patientFacts(row, t)}</span>
          <StateChip state={row.state} />
          {row.kind !== 'consultation' && <Chip tone={row.kind === 'urgent' ? 'caution' : 'neutral'}>{t(`kind.${row.kind}`)}</Chip>}
          {!row.isMember && <Chip>{t('worklist.notMember')}</Chip>}
        </div>
        <p className="wl-question">{row.question}</p>
        <p className="hz-muted hz-small">
          {pick(row.organisationName, language)} · {t('worklist.host')}{language === 'en' ? ': ' : '：'}{fullName(row.host, language)}
        </p>
      </div>
      <div className="wl-people">
        <AvatarGroup parties={row.panel} max={5} />
        <span className="hz-muted hz-small" data-testid={`present-${row.id}`}>
          <TeamOutlined /> {row.presentCount > 0 ? t('worklist.present', { count: row.presentCount }) : t('worklist.nobody')}
        </span>
      </div>
      <div className="wl-act">
        {isOpen && canJoin && (
          <>
            <Tooltip title={isOnline ? '' : t('offline.joinReason')}>
              <Button
                type={isFirstChoice ? 'primary' : 'default'}
                size="large"
                className="wl-join"
                disabled={!isOnline}
                aria-label={t('worklist.joinNamed', { time, patient: row.patientMasked })}
                onClick={() => onJoin(row.id)}
                data-testid={`join-${row.id}`}
              >
                {t('worklist.join')}
              </Button>
            </Tooltip>
            <Button type="link" disabled={!isOnline} onClick={() => onCheck(row.id)}>
              {t('worklist.check')}
            </Button>
          </>
        )}
      </div>
    </li>
  );
}
