import { ExclamationCircleFilled, UserDeleteOutlined } from '@ant-design/icons';
import type { ConsultRequestId } from '#shared/domain/ids';
import type { RequestSummary } from '#shared/protocol/consultation';
import { clockTime, pick } from '../../i18n/format.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { WindowedList } from '../../ui/parts/WindowedList.tsx';
import { type Translate, useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { DueTimer } from './DueTimer.tsx';
import { RequestStateChip, UrgencyChip } from './RequestChips.tsx';
import { useRequests } from './requestContext.ts';

const ROW_PX = 44;
const CART_ROW_PX = 72;

export interface RequestTableProps {
  readonly rows: readonly RequestSummary[];
  /** The row the keyboard is on. */
  readonly cursor: number;
  readonly openId: ConsultRequestId | null;
  readonly isCart: boolean;
  readonly onOpen: (id: ConsultRequestId) => void;
  readonly onEnd: () => void;
}

/** «女 · 63 岁», leaving out what is not known. */
export function factsOfPatient({ patientSex, patientAge }: Pick<RequestSummary, 'patientSex' | 'patientAge'>, t: Translate): string {
  return [...(patientSex === 'unknown' ? [] : [t(`sex.${patientSex}`)]), ...(patientAge === null ? [] : [t('patient.age', { count: patientAge })])].join(' · ');
}

/** Requests as dense rows; ten thousand scroll as ten do. */
export function RequestTable({ rows, cursor, openId, isCart, onOpen, onEnd }: RequestTableProps) {
  const { t, language } = useText();
  const { serverNowMs } = useRequests();
  const { wallMs } = useNow(1000);
  const nowMs = serverNowMs(wallMs);
  return (
    <div className="rq-table" data-testid="request-table">
      <div className="rq-row rq-head" aria-hidden="true">
        <span>{t('requests.column.urgency')}</span>
        <span>{t('requests.column.patient')}</span>
        <span className="rq-question">{t('requests.column.question')}</span>
        <span className="rq-hospital">{t('requests.column.hospital')}</span>
        <span>{t('requests.column.state')}</span>
        <span>{t('requests.column.due')}</span>
      </div>
      <WindowedList rows={rows} rowHeight={isCart ? CART_ROW_PX : ROW_PX} keyOf={({ id }) => id} label={t('requests.list')} current={cursor} onEnd={onEnd}>
        {(row) => (
          <button type="button" className="rq-row" aria-current={row.id === openId ? 'true' : undefined} data-cursor={rows[cursor]?.id === row.id} data-state={row.state} onClick={() => onOpen(row.id)} data-testid={`request-row-${row.id}`}>
            <span><UrgencyChip urgency={row.urgency} /></span>
            <span className="hz-ellipsis">
              <strong>{row.patientMasked}</strong> <span className="hz-muted hz-small">{factsOfPatient(row, t)}</span>
            </span>
            <span className="rq-question hz-ellipsis" title={row.question}>{row.question}</span>
            <span className="rq-hospital hz-ellipsis" title={pick(row.organisationName, language)}>{pick(row.organisationName, language)}</span>
            <span className="rq-states">
              <RequestStateChip state={row.state} />
              {row.isApprovalOwed && <Chip tone="caution" icon={<ExclamationCircleFilled />}>{t('requests.owed')}</Chip>}
              {row.hasDeclined && <Chip tone="bad" icon={<UserDeleteOutlined />}>{t('requests.declinedInvitation')}</Chip>}
            </span>
            <span className="hz-ellipsis">
              {row.startsAtMs !== null && ['scheduled', 'rehearsed'].includes(row.state) ? t('requests.startsAt', { time: clockTime(row.startsAtMs, wallMs, language) }) : <DueTimer due={row.due} nowMs={nowMs} />}
            </span>
          </button>
        )}
      </WindowedList>
    </div>
  );
}
