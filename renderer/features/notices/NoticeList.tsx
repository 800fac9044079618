import { AlertFilled } from '@ant-design/icons';
import { Button, Checkbox, Input } from 'antd';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { NoticeRecord } from '#shared/protocol/notices';
import { clockTime, pick } from '../../i18n/format.ts';
import { asksForAnswer, matterOf } from '../../state/requests/noticesModel.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import type { NoticeBellProps } from './NoticeBell.tsx';

/** Notices, the newest first; an invitation is answered in its place. */
export function NoticeList({ model, isOnline, onOpen }: NoticeBellProps) {
  const { t } = useText();
  const { notices, unread, error, desktop } = useStore(model.store);
  return (
    <div className="nt-list" tabIndex={0} data-testid="notice-list">
      {error && error.category !== 'network' && <ErrorNotice error={error} />}
      {notices.length === 0 && <p className="hz-muted">{t('notices.none')}</p>}
      <ul>
        {notices.map((notice) => (
          <NoticeRow key={notice.id} notice={notice} model={model} isOnline={isOnline} onOpen={onOpen} />
        ))}
      </ul>
      <div className="nt-end">
        {desktop === 'default' && <Button size="small" onClick={model.askDesktop} data-testid="allow-desktop">{t('notices.allowDesktop')}</Button>}
        {desktop === 'denied' && <span className="hz-muted hz-small">{t('notices.desktopDenied')}</span>}
        <Button size="small" disabled={unread === 0 || !isOnline} onClick={() => model.read(null)} data-testid="read-all">{t('notices.readAll')}</Button>
      </div>
    </div>
  );
}

function NoticeRow({ notice, model, isOnline, onOpen }: NoticeBellProps & { readonly notice: NoticeRecord }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  const answers = useStore(model.store, (s) => s.answers);
  const answering = useStore(model.store, (s) => s.answering);
  const [reason, setReason] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const [isForSeries, setForSeries] = useState(false);
  const text = t(`noticeKind.${notice.kind}`);
  const answered = answers.get(matterOf(notice.about));
  const open = () => {
    if (notice.readAtMs === null) model.read([notice.id]);
    onOpen(notice.about);
  };
  const decline = () => {
    setAsked(true);
    if ((reason ?? '').trim() !== '') void model.answer(notice, 'declined', (reason ?? '').trim(), isForSeries);
  };
  return (
    <li className="nt-row" data-unread={notice.readAtMs === null} data-testid={`notice-${notice.kind}`}>
      <button type="button" className="nt-open" onClick={open} aria-label={t('notices.open', { text })}>
        <span className="hz-row">
          {notice.readAtMs === null && <span className="nt-dot" role="img" aria-label={t('notices.unread')} />}
          <strong className="hz-grow">{text}</strong>
          {notice.urgency === 'emergency' && <Chip tone="bad" icon={<AlertFilled />}>{t('notices.urgent')}</Chip>}
        </span>
        <span className="hz-muted hz-small">
          {pick(notice.organisationName, language)} · {clockTime(notice.madeAtMs, wallMs, language)}
          {notice.startsAtMs !== null && ` · ${t('requests.startsAt', { time: clockTime(notice.startsAtMs, wallMs, language) })}`}
        </span>
      </button>
      {answered !== undefined && (notice.kind === 'invited' || notice.kind === 'moved') && <span className="hz-small">{t(`notices.answered.${answered}`)}</span>}
      {asksForAnswer(notice, answers) && notice.about.type === 'session' && notice.about.isOfSeries && (
        <Checkbox className="nt-series" checked={isForSeries} onChange={({ target }) => setForSeries(target.checked)} data-testid="notice-series">{t('sched.answerSeries')}</Checkbox>
      )}
      {asksForAnswer(notice, answers) && reason === null && (
        <div className="nt-answer">
          <Button size="small" type="primary" disabled={!isOnline || answering !== null} loading={answering === matterOf(notice.about)} onClick={() => void model.answer(notice, 'accepted', '', isForSeries)} data-testid="notice-accept">
            {t('appointment.accept')}
          </Button>
          <Button size="small" danger disabled={!isOnline || answering !== null} onClick={() => setReason('')} data-testid="notice-decline">{t('appointment.decline')}</Button>
        </div>
      )}
      {reason !== null && answered === undefined && (
        <div className="nt-answer">
          <Input size="small" autoFocus aria-label={t('reason.label')} placeholder={t('reason.label')} maxLength={300} value={reason} status={isAsked && reason.trim() === '' ? 'error' : ''} onChange={({ target }) => setReason(target.value)} onPressEnter={decline} data-testid="notice-reason" />
          <Button size="small" type="primary" danger disabled={!isOnline || answering !== null} onClick={decline} data-testid="notice-decline-confirm">{t('appointment.decline')}</Button>
          <Button size="small" onClick={() => setReason(null)}>{t('common.cancel')}</Button>
        </div>
      )}
    </li>
  );
}
