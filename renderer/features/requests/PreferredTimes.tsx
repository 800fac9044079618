import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useState } from 'react';
import type { RequestForm } from '#shared/domain/consultation/form';
import { clockTime } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';

type Times = RequestForm['preferredTimes'];
const MOST = 5;

/** Stretches of time that would suit, by this machine's wall clock. */
export function PreferredTimes({ times, onChange }: { readonly times: Times; readonly onChange: (times: Times) => void }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  // A date and time without a zone is read by this machine's.
  const fromMs = Date.parse(from);
  const toMs = Date.parse(to);
  const isWhole = Number.isFinite(fromMs) && Number.isFinite(toMs);
  const isBackwards = isWhole && toMs <= fromMs;
  const add = () => {
    onChange([...times, { fromMs, toMs }].sort((a, b) => a.fromMs - b.fromMs));
    setFrom('');
    setTo('');
  };
  return (
    <div className="rq-field">
      <span>{t('form.preferred')}</span>
      {times.map((time, index) => (
        <div key={`${time.fromMs}-${time.toMs}`} className="rq-person">
          <span className="hz-grow">{t('form.preferredRow', { from: clockTime(time.fromMs, wallMs, language), to: clockTime(time.toMs, wallMs, language) })}</span>
          <Button type="text" icon={<DeleteOutlined />} aria-label={t('form.removeTime', { number: index + 1 })} onClick={() => onChange(times.filter((one) => one !== time))} />
        </div>
      ))}
      {times.length < MOST && (
        <div className="rq-line">
          <Input className="rq-wide" type="datetime-local" aria-label={t('form.timeFrom')} value={from} onChange={({ target }) => setFrom(target.value)} data-testid="time-from" />
          <Input className="rq-wide" type="datetime-local" aria-label={t('form.timeTo')} value={to} onChange={({ target }) => setTo(target.value)} status={isBackwards ? 'error' : ''} data-testid="time-to" />
          <Button icon={<PlusOutlined />} disabled={!isWhole || isBackwards} onClick={add} data-testid="add-time">
            {t('form.addTime')}
          </Button>
        </div>
      )}
      {isBackwards && <p className="rq-problem" role="alert">{t('form.timeBackwards')}</p>}
    </div>
  );
}
