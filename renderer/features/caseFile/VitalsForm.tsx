import { Button, Input, InputNumber } from 'antd';
import { useState } from 'react';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useClock, useText } from '../../ui/text.ts';
import { useCase, useFile } from './fileContext.ts';
import { FlagMark } from './FlagMark.tsx';
import { fromLocalInput, toLocalInput } from '../../ui/localTime.ts';
import { useWork } from './useWork.ts';
import { ageGroup, usualRange, VITALS, type VitalName, type VitalsDraft, vitalFlag, vitalsProblems } from './vitalsView.ts';

/** A round of measurements in large fields. What is out of the usual range is said while it is typed; what cannot be is not kept. */
export function VitalsForm({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const clock = useClock();
  const { model } = useFile();
  const age = useCase((s) => s.summary?.patientAge ?? null);
  const [draft, setDraft] = useState<VitalsDraft>({});
  const [time, setTime] = useState(() => toLocalInput(clock.wallMs()));
  const [isAsked, setAsked] = useState(false);
  const { isWorking, error, run } = useWork();
  const problems = vitalsProblems(draft);
  const measuredAtMs = fromLocalInput(time);
  const impossible = (name: VitalName) => problems.some((problem) => problem.type === 'impossible' && problem.field === name);
  const isSwapped = problems.some(({ type }) => type === 'pressureSwapped');

  const save = async () => {
    setAsked(true);
    if (problems.length > 0 || measuredAtMs === null) return;
    const value = (name: VitalName) => draft[name] ?? null;
    const body = {
      measuredAtMs,
      heartRatePerMin: value('heartRatePerMin'), respiratoryRatePerMin: value('respiratoryRatePerMin'), systolicMmHg: value('systolicMmHg'),
      diastolicMmHg: value('diastolicMmHg'), oxygenSaturationPercent: value('oxygenSaturationPercent'), temperatureC: value('temperatureC'),
    };
    if (await run(() => model.add({ kind: 'vitals', body }))) onClose();
  };

  return (
    <form
      className="cf-form"
      data-testid="vitals-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="cf-numbers">
        {VITALS.map((vital) => {
          const { name, unit, possible, decimals } = vital;
          const usual = usualRange(vital, age);
          const value = draft[name] ?? null;
          const isWrong = impossible(name) || (isSwapped && (name === 'systolicMmHg' || name === 'diastolicMmHg'));
          return (
            <div key={name} className="cf-number-field" data-wrong={isWrong}>
              <label htmlFor={`vital-${name}`}>{t(`field.vitals.${name}`)}</label>
              <InputNumber<number>
                id={`vital-${name}`}
                value={value}
                precision={decimals}
                step={decimals === 0 ? 1 : 0.1}
                controls={false}
                inputMode="decimal"
                suffix={unit}
                status={isWrong ? 'error' : ''}
                aria-invalid={isWrong}
                aria-describedby={`vital-help-${name}`}
                onChange={(next) => setDraft((old) => ({ ...old, [name]: next }))}
                data-testid={`vital-${name}`}
              />
              <span id={`vital-help-${name}`} className="hz-small" aria-live="polite">
                {impossible(name) ? t('vitals.impossible', { low: possible[0], high: possible[1], unit }) : vitalFlag(vital, value, age) === null ? <span className="hz-muted">{t('vitals.usual', { low: usual[0], high: usual[1], unit })}</span> : <FlagMark flag={vitalFlag(vital, value, age)} />}
              </span>
            </div>
          );
        })}
      </div>
      <p className="hz-small hz-muted">{t('vitals.rangesOf', { group: t(`ageGroup.${ageGroup(age)}`) })}</p>
      {isSwapped && <p className="cf-problem" role="alert">{t('vitals.pressureSwapped')}</p>}
      {isAsked && problems.some(({ type }) => type === 'empty') && <p className="cf-problem" role="alert">{t('vitals.empty')}</p>}
      {error && <ErrorNotice error={error} />}
      <div className="cf-form-end">
        <label className="cf-field">
          <span>{t('vitals.measuredAt')}</span>
          <Input type="datetime-local" value={time} status={measuredAtMs === null ? 'error' : ''} onChange={(event) => setTime(event.target.value)} data-testid="vitals-time" />
        </label>
        <Button size="large" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="primary" size="large" htmlType="submit" loading={isWorking} data-testid="save-vitals">
          {t('common.save')}
        </Button>
      </div>
    </form>
  );
}
