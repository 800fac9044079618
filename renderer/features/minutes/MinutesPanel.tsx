import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { AutoComplete, Button, Input, InputNumber } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { ConsultId } from '#shared/domain/ids';
import { clockTime, duration, fullName } from '../../i18n/format.ts';
import type { MinutesModel } from '../../state/minutesModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { presenceOf } from './presence.ts';
import './minutes.css';

export interface MinutesPanelProps {
  readonly model: MinutesModel;
  readonly consultId: ConsultId;
  /** What the applying hospital wants answered; null: not known. */
  readonly question: string | null;
  readonly canArrange: boolean;
  /** The shared text; null: the reader has no case file. */
  readonly note: ReactNode;
}

/** What belongs on paper while the session goes on: questions, agenda, who is present, and the shared minutes. */
export default function MinutesPanel({ model, consultId, question, canArrange, note }: MinutesPanelProps) {
  const { t } = useText();
  const error = useStore(model.store, (s) => s.error);
  useEffect(() => {
    model.open(consultId);
    return () => model.close();
  }, [model, consultId]);
  return (
    <div className="mi-panel" data-testid="minutes-panel">
      {error && <ErrorNotice error={error} action={<Button onClick={model.refresh}>{t('common.retry')}</Button>} />}
      {question !== null && question !== '' && (
        <section>
          <h2>{t('minutes.questions')}</h2>
          <p className="mi-question">{question}</p>
        </section>
      )}
      <AgendaPart model={model} canArrange={canArrange} />
      {note !== null && (
        <section>
          <h2>{t('minutes.text')}</h2>
          {note}
        </section>
      )}
      <PresencePart model={model} />
    </div>
  );
}

function AgendaPart({ model, canArrange }: { readonly model: MinutesModel; readonly canArrange: boolean }) {
  const { t, language } = useText();
  const { agenda, stays, isWorking, isOvertaken } = useStore(model.store);
  const [title, setTitle] = useState('');
  const [minutes, setMinutes] = useState(10);
  const [who, setWho] = useState('');
  const items = agenda?.items ?? [];
  const total = items.reduce((sum, item) => sum + item.minutes, 0);
  const names = [...new Set((stays ?? []).map(({ party }) => fullName(party, language)))];
  const move = (from: number, to: number) => {
    const next = [...items];
    const [moved] = next.splice(from, 1);
    if (moved) next.splice(to, 0, moved);
    void model.setItems(next);
  };
  const add = async () => {
    if (await model.addItem({ title: title.trim(), minutes, who: who.trim().slice(0, 80) })) {
      setTitle('');
      setWho('');
    }
  };
  return (
    <section>
      <h2>
        {t('minutes.agenda')} {total > 0 && <small className="hz-muted">{t('minutes.total', { minutes: total })}</small>}
      </h2>
      {isOvertaken && <p role="status">{t('minutes.overtaken')}</p>}
      {agenda !== null && items.length === 0 && <p className="hz-muted">{t('minutes.noAgenda')}</p>}
      <ol className="mi-agenda" data-testid="agenda">
        {items.map((item, index) => (
          <li key={item.id}>
            <span className="hz-grow">
              {index + 1}. {item.title}
              <small className="hz-muted">
                {t('minutes.minutes', { count: item.minutes })}
                {item.who === '' ? '' : ` · ${item.who}`}
              </small>
            </span>
            {canArrange && (
              <span className="mi-tools">
                <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={index === 0 || isWorking} aria-label={t('minutes.earlier', { name: item.title })} onClick={() => move(index, index - 1)} />
                <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={index === items.length - 1 || isWorking} aria-label={t('minutes.later', { name: item.title })} onClick={() => move(index, index + 1)} />
                <Button type="text" size="small" icon={<DeleteOutlined />} disabled={isWorking} aria-label={t('minutes.remove', { name: item.title })} onClick={() => void model.setItems(items.filter(({ id }) => id !== item.id))} />
              </span>
            )}
          </li>
        ))}
      </ol>
      {canArrange && agenda !== null && items.length < 40 && (
        <form
          className="mi-add"
          onSubmit={(event) => {
            event.preventDefault();
            if (title.trim() !== '') void add();
          }}
        >
          <Input value={title} maxLength={200} placeholder={t('minutes.itemTitle')} aria-label={t('minutes.itemTitle')} onChange={(event) => setTitle(event.target.value)} data-testid="agenda-title" />
          <div className="hz-row">
            <InputNumber min={1} max={480} value={minutes} aria-label={t('minutes.itemMinutes')} onChange={(value) => setMinutes(value ?? 10)} />
            <AutoComplete className="hz-grow" value={who} placeholder={t('minutes.itemWho')} aria-label={t('minutes.itemWho')} options={names.map((value) => ({ value }))} onChange={(value: string) => setWho(value)} />
            <Button htmlType="submit" icon={<PlusOutlined />} disabled={title.trim() === ''} loading={isWorking} aria-label={t('minutes.addItem')} title={t('minutes.addItem')} data-testid="add-agenda" />
          </div>
        </form>
      )}
    </section>
  );
}

function PresencePart({ model }: { readonly model: MinutesModel }) {
  const { t, language } = useText();
  const stays = useStore(model.store, (s) => s.stays);
  const { wallMs } = useNow(30_000);
  return (
    <section>
      <h2>{t('minutes.presence')}</h2>
      <ul className="mi-presence" data-testid="presence">
        {presenceOf(stays ?? [], wallMs).map(({ party, spans, isPresent, totalMs }) => (
          <li key={party.id} data-present={isPresent}>
            <div>{fullName(party, language)}</div>
            <small className="hz-muted">
              {spans.map(({ fromMs, toMs }) => `${clockTime(fromMs, wallMs, language)}–${toMs === null ? t('minutes.now') : clockTime(toMs, wallMs, language)}`).join(t('common.listComma'))} · {duration(totalMs, language)}
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}
