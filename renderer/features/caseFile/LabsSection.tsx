import { DownOutlined, PlusOutlined, RightOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { Fragment, useMemo, useState } from 'react';
import { clockTime, pick } from '../../i18n/format.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useCase, useFile } from './fileContext.ts';
import { FlagMark } from './FlagMark.tsx';
import { LabForm } from './LabForm.tsx';
import { groupLabs, type LabBody, type LabTest, labFlag, labTrend, referenceRange } from './labView.ts';
import { PlaceChip } from './PlaceChip.tsx';
import { Plot } from './Plot.tsx';
import { RetractButton, RetractionLine } from './RetractButton.tsx';
import { Nothing, Section } from './Section.tsx';

/** Laboratory results by test, those out of range first; pressing one shows its course. */
export function LabsSection() {
  const { t, language } = useText();
  const items = useCase((s) => s.items);
  const tests = useMemo(() => groupLabs(ofKind(items, 'lab')), [items]);
  const { canWrite } = useFile();
  const [open, setOpen] = useState<string | null>(null);
  const [isAdding, setAdding] = useState(false);
  const { wallMs } = useNow(60_000);
  return (
    <Section
      title={t('section.labs')}
      action={
        canWrite && !isAdding ? (
          <Button type="primary" size="large" icon={<PlusOutlined />} onClick={() => setAdding(true)} data-testid="add-lab">
            {t('labs.add')}
          </Button>
        ) : null
      }
    >
      {isAdding && <LabForm tests={tests} onClose={() => setAdding(false)} />}
      {tests.length === 0 ? (
        <Nothing text={t('labs.none')} />
      ) : (
        <div className="cf-scroll" tabIndex={0} role="group" aria-label={t('labs.table')}>
          <table className="cf-table">
            <thead>
              <tr>
                <th scope="col">{t('labs.test')}</th>
                <th scope="col" className="cf-number">{t('labs.latest')}</th>
                <th scope="col">{t('labs.flag')}</th>
                <th scope="col">{t('labs.reference')}</th>
                <th scope="col" className="cf-number">{t('labs.change')}</th>
                <th scope="col">{t('labs.collected')}</th>
              </tr>
            </thead>
            <tbody>
              {tests.map((test) => {
                const body = (test.latest ?? test.results[0])?.content.body;
                if (!body) return null;
                const isOpen = open === test.key;
                return (
                  <Fragment key={test.key}>
                    <tr data-flag={test.flag ?? 'none'} data-retracted={test.latest === null}>
                      <th scope="row">
                        <button type="button" className="cf-expand" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? null : test.key)} data-testid={`lab-${test.key}`}>
                          {isOpen ? <DownOutlined /> : <RightOutlined />} {pick(body.name, language)}
                          <span className="hz-muted hz-small">{test.results.length > 1 ? t('labs.times', { count: test.results.length }) : ''}</span>
                        </button>
                      </th>
                      <td className="cf-number">
                        <LabValue body={body} />
                      </td>
                      <td>{test.flag === null ? <span className="hz-muted">{body.low === null && body.high === null ? '–' : t('flag.normal')}</span> : <FlagMark flag={test.flag} />}</td>
                      <td className="hz-muted">{referenceRange(body) ?? t('labs.noReference')}</td>
                      <td className="cf-number">{test.change === null ? '–' : signed(test.change)}</td>
                      <td>
                        {clockTime(body.collectedAtMs, wallMs, language)} <PlaceChip place={test.latest?.place ?? null} />
                      </td>
                    </tr>
                    {isOpen && (
                      <tr className="cf-open-row">
                        <td colSpan={6}>
                          <Course test={test} />
                        </td>
                      </tr>
                    )}
                  </Fragment>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

/** «+1.2», «−0.4»: no longer than the values themselves. */
function signed(change: number): string {
  const size = Number(Math.abs(change).toPrecision(3));
  return size === 0 ? '0' : `${change > 0 ? '+' : '−'}${size}`;
}

function LabValue({ body }: { readonly body: LabBody }) {
  return (
    <span className="cf-value">
      <strong>{body.value ?? body.text ?? '–'}</strong> {body.value !== null && <span className="hz-small hz-muted">{body.unit}</span>}
    </span>
  );
}

function Course({ test }: { readonly test: LabTest }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  const name = pick(test.results[0]?.content.body.name ?? { zh: '', en: '' }, language);
  const drawn = useMemo(() => {
    const { times, values, unit, low, high } = labTrend(test);
    return { times, series: [{ label: name, scale: 'value', color: '--cf-1', dash: [], values }], scales: [{ key: 'value', unit, side: 'left' as const, ...(low === null && high === null ? {} : { band: [low, high] as const }) }] };
  }, [test, name]);
  return (
    <div className="cf-course">
      {drawn.times.length > 1 && (
        <figure>
          <Plot label={t('labs.plot', { name })} {...drawn} height={200} />
          {drawn.scales[0]?.band && <figcaption className="hz-small hz-muted">{t('labs.band')}</figcaption>}
        </figure>
      )}
      <ul className="cf-results">
        {test.results.map((item) => (
          <li key={item.id} data-retracted={item.retraction !== null}>
            <span>{clockTime(item.content.body.collectedAtMs, wallMs, language)}</span>
            <LabValue body={item.content.body} />
            <FlagMark flag={labFlag(item.content.body)} />
            <PlaceChip place={item.place} />
            <RetractButton item={item} name={`${name} ${clockTime(item.content.body.collectedAtMs, wallMs, language)}`} />
            <RetractionLine item={item} />
          </li>
        ))}
      </ul>
    </div>
  );
}
