import { CheckCircleOutlined, ClockCircleOutlined, WarningFilled } from '@ant-design/icons';
import { levelOf } from '#shared/domain/consultation/serviceLevel';
import type { RequestSummary } from '#shared/protocol/consultation';
import { waitingTime } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';

const ICONS = { inTime: <CheckCircleOutlined />, soon: <ClockCircleOutlined />, late: <WarningFilled /> };

/** What the centre or the panel owes next and how long it still has: said in words, the colour repeats them. `nowMs`: the server's clock. */
export function DueTimer({ due, nowMs }: { readonly due: RequestSummary['due']; readonly nowMs: number }) {
  const { t, language } = useText();
  if (due === null) return <span className="hz-muted">{t('due.none')}</span>;
  const level = levelOf(due, nowMs);
  return (
    <span className="rq-due" data-level={level}>
      {ICONS[level]}
      <span>{t(`due.${level}`, { what: t(`due.${due.what}`), duration: waitingTime(due.atMs - nowMs, language) })}</span>
    </span>
  );
}
