import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { clockTime, shortName } from '../../i18n/format.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useCase, useFile } from './fileContext.ts';
import { FlagMark } from './FlagMark.tsx';
import { PlaceChip } from './PlaceChip.tsx';
import { Plot } from './Plot.tsx';
import { RetractButton, RetractionLine } from './RetractButton.tsx';
import { Nothing, Section } from './Section.tsx';
import { VitalsForm } from './VitalsForm.tsx';
import { ageGroup, VITALS, type VitalName, type VitalScale, vitalFlag, vitalsPlotData } from './vitalsView.ts';

const LOOKS: Readonly<Record<VitalName, { readonly color: string; readonly dash: readonly number[] }>> = {
  heartRatePerMin: { color: '--cf-1', dash: [] },
  respiratoryRatePerMin: { color: '--cf-2', dash: [6, 4] },
  systolicMmHg: { color: '--cf-3', dash: [] },
  diastolicMmHg: { color: '--cf-3', dash: [2, 4] },
  oxygenSaturationPercent: { color: '--cf-4', dash: [10, 4] },
  temperatureC: { color: '--cf-5', dash: [10, 4, 2, 4] },
};
const SCALES: Readonly<Record<VitalScale, { readonly unit: string; readonly side: 'left' | 'right' }>> = {
  perMinute: { unit: '/min', side: 'left' }, mmHg: { unit: 'mmHg', side: 'left' }, percent: { unit: '%', side: 'right' }, celsius: { unit: '°C', side: 'right' },
};
const FIRST_ROWS = 30;

/** Vital signs as curves and as numbers, and the form for the next round. */
export function VitalsSection() {
  const { t } = useText();
  const { canWrite } = useFile();
  const items = useCase((s) => s.items);
  const rounds = useMemo(() => ofKind(items, 'vitals'), [items]);
  const [isAdding, setAdding] = useState(false);
  return (
    <Section
      title={t('section.vitals')}
      action={
        canWrite && !isAdding ? (
          <Button type="primary" size="large" icon={<PlusOutlined />} onClick={() => setAdding(true)} data-testid="add-vitals">
            {t('vitals.add')}
          </Button>
        ) : null
      }
    >
      {isAdding && <VitalsForm onClose={() => setAdding(false)} />}
      {rounds.length === 0 ? (
        <Nothing text={t('vitals.none')} />
      ) : (
        <>
          <VitalsPlot rounds={rounds} />
          <VitalsTable rounds={rounds} />
        </>
      )}
    </Section>
  );
}

type Rounds = ReturnType<typeof ofKind<'vitals'>>;

function VitalsPlot({ rounds }: { readonly rounds: Rounds }) {
  const { t } = useText();
  const { isCompact } = useFile();
  const [shown, setShown] = useState<readonly VitalName[]>(isCompact ? ['heartRatePerMin', 'oxygenSaturationPercent'] : VITALS.map(({ name }) => name));
  const drawn = useMemo(() => {
    const wanted = VITALS.filter(({ name }) => shown.includes(name));
    const { times, columns } = vitalsPlotData(rounds, wanted.map(({ name }) => name));
    const series = wanted.map(({ name, scale }, index) => ({ label: t(`field.vitals.${name}`), scale, ...LOOKS[name], values: columns[index] ?? [] }));
    const scales = [...new Set(wanted.map(({ scale }) => scale))].map((key) => ({ key, ...SCALES[key] }));
    return { times, series, scales };
  }, [rounds, shown, t]);
  const toggle = (name: VitalName) => setShown((old) => (old.includes(name) ? (old.length === 1 ? old : old.filter((one) => one !== name)) : [...old, name]));
  return (
    <div>
      <div className="cf-filters" role="group" aria-label={t('vitals.curves')}>
        {VITALS.map(({ name }) => (
          <button key={name} type="button" aria-pressed={shown.includes(name)} onClick={() => toggle(name)} className="cf-legend">
            <svg width="28" height="10" aria-hidden="true">
              <line x1="0" y1="5" x2="28" y2="5" stroke={`var(${LOOKS[name].color})`} strokeWidth="3" strokeDasharray={LOOKS[name].dash.join(' ')} />
            </svg>
            {t(`field.vitals.${name}`)}
          </button>
        ))}
      </div>
      <Plot label={t('vitals.plot', { names: drawn.series.map(({ label }) => label).join(t('common.listComma')) })} {...drawn} height={isCompact ? 220 : 320} />
    </div>
  );
}

function VitalsTable({ rounds }: { readonly rounds: Rounds }) {
  const { t, language } = useText();
  const age = useCase((s) => s.summary?.patientAge ?? null);
  const [isAll, setAll] = useState(false);
  const { wallMs } = useNow(60_000);
  return (
    <>
      <div className="cf-scroll" tabIndex={0} role="group" aria-label={t('vitals.table')}>
        <table className="cf-table">
          <thead>
            <tr>
              <th scope="col">{t('common.time')}</th>
              {VITALS.map(({ name, unit }) => (
                <th key={name} scope="col" className="cf-number">
                  {t(`field.vitals.${name}`)} <span className="hz-small">{unit}</span>
                </th>
              ))}
              <th scope="col">{t('common.writtenBy')}</th>
              <th scope="col">
                <span className="hz-hidden">{t('admin.actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {(isAll ? rounds : rounds.slice(0, FIRST_ROWS)).map((item) => {
              const time = clockTime(item.content.body.measuredAtMs, wallMs, language);
              return (
                <tr key={item.id} data-retracted={item.retraction !== null} data-testid={`vitals-${item.id}`}>
                  <th scope="row">{time}</th>
                  {VITALS.map((vital) => {
                    const value = item.content.body[vital.name];
                    return (
                      <td key={vital.name} className="cf-number">
                        <span className="cf-value">{value === null ? '–' : value.toFixed(vital.decimals)}</span> <FlagMark flag={vitalFlag(vital, value, age)} />
                      </td>
                    );
                  })}
                  <td>
                    {shortName(item.author, language)} <PlaceChip place={item.place} />
                    <RetractionLine item={item} />
                  </td>
                  <td>
                    <RetractButton item={item} name={t('vitals.roundOf', { time })} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="hz-small hz-muted">{t('vitals.rangesOf', { group: t(`ageGroup.${ageGroup(age)}`) })}</p>
      {!isAll && rounds.length > FIRST_ROWS && <Button onClick={() => setAll(true)}>{t('timeline.all', { count: rounds.length })}</Button>}
    </>
  );
}
