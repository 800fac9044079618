import { DownloadOutlined, ReloadOutlined } from '@ant-design/icons';
import { Button, Segmented } from 'antd';
import { lazy, Suspense, useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { dayOf } from '../../i18n/format.ts';
import type { IndicatorMonths, IndicatorsModel } from '../../state/indicatorsModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { saveFile } from '../../ui/saveFile.ts';
import { useText } from '../../ui/text.ts';
import { exportSheets, type FigureColumn, type FigureTable, figureColumns, figureTables, toCsv } from './tables.ts';
import './indicators.css';

const Chart = lazy(() => import('./Chart.tsx'));
const MONTHS: readonly IndicatorMonths[] = [1, 3, 6, 12, 36];
const HEADLINE = ['requests', 'completed', 'inTime', 'toAccepted', 'toSession', 'declined', 'cancelled', 'noShows', 'passed', 'overall'] as const;

/** What the centres did, in numbers: for those who answer for it. */
export default function Indicators({ model }: { readonly model: IndicatorsModel }) {
  const { t, language } = useText();
  const { months, indicators, isWorking, error } = useStore(model.store);
  useEffect(() => model.read(), [model]);
  const columns = useMemo(() => figureColumns(t), [t]);
  const tables = useMemo(() => (indicators ? figureTables(indicators, t, language) : []), [indicators, t, language]);
  const save = async (kind: 'csv' | 'xlsx') => {
    if (indicators === null) return;
    const sheets = exportSheets(indicators, t, language);
    const name = `${t('indicators.fileName')}-${new Date(indicators.fromMs).toISOString().slice(0, 10)}.${kind}`;
    // The writer of workbooks is fetched by those who want one.
    if (kind === 'xlsx') saveFile(await (await import('./toXlsx.ts')).toXlsx(sheets), name);
    else saveFile(new Blob([toCsv(sheets)], { type: 'text/csv;charset=utf-8' }), name);
  };
  return (
    <div className="hz-page hz-wide">
      <div className="hz-page-head">
        <h1>{t('indicators.title')}</h1>
        <Segmented<IndicatorMonths> aria-label={t('indicators.range')} value={months} onChange={(value) => model.read(value)} options={MONTHS.map((value) => ({ value, label: t(value === 1 ? 'indicators.thisMonth' : 'indicators.months', { count: value }) }))} />
        <Button icon={<ReloadOutlined />} loading={isWorking} onClick={() => model.read()} aria-label={t('common.refresh')} title={t('common.refresh')} />
        <Button icon={<DownloadOutlined />} disabled={indicators === null} onClick={() => void save('csv')} data-testid="export-csv">
          CSV
        </Button>
        <Button icon={<DownloadOutlined />} disabled={indicators === null} onClick={() => void save('xlsx')} data-testid="export-xlsx">
          XLSX
        </Button>
      </div>
      {error && <ErrorNotice error={error} action={<Button onClick={() => model.read()}>{t('common.retry')}</Button>} />}
      {indicators === null && error === null && <p role="status">{t('common.loading')}</p>}
      {indicators && (
        <>
          <p className="hz-muted">{t('indicators.about', { from: dayOf(indicators.fromMs, indicators.madeAtMs, language), zone: indicators.timeZone })}</p>
          <dl className="in-headline" data-testid="indicator-headline">
            {HEADLINE.map((key) => {
              const column = columns.find((one) => one.key === key);
              return column ? (
                <div key={key}>
                  <dt>{column.title}</dt>
                  <dd data-testid={`figure-${key}`}>{shown(column, indicators.total)}</dd>
                </div>
              ) : null;
            })}
          </dl>
          {tables.map((table) => (
            <TableCard key={table.key} table={table} columns={columns} />
          ))}
          <section className="hz-card">
            <h2>{t('indicators.reasons')}</h2>
            {indicators.reasons.length === 0 ? (
              <p className="hz-muted">{t('indicators.noReasons')}</p>
            ) : (
              <div className="in-scroll" tabIndex={0} role="region" aria-label={t('indicators.reasons')}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{t('indicators.kind')}</th>
                      <th scope="col">{t('indicators.reasonText')}</th>
                      <th scope="col">{t('indicators.count')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {indicators.reasons.map(({ kind, reason, count }) => (
                      <tr key={`${kind} ${reason}`}>
                        <td>{t(`indicators.reason.${kind}`)}</td>
                        <td className="in-reason">{reason}</td>
                        <td>{count}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </section>
        </>
      )}
    </div>
  );
}

const shown = ({ raw, format }: FigureColumn, figures: FigureTable['rows'][number]['figures']) => {
  const value = raw(figures);
  return value === null ? '–' : format(value);
};

function TableCard({ table, columns }: { readonly table: FigureTable; readonly columns: readonly FigureColumn[] }) {
  const { t } = useText();
  const isLying = table.key !== 'byMonth';
  // A plot of forty hospitals is none: the largest are drawn, the table has all.
  const drawn = useMemo(() => (isLying ? [...table.rows].sort((a, b) => b.figures.requests - a.figures.requests).slice(0, 12) : table.rows), [table, isLying]);
  const names = useMemo(() => drawn.map(({ name }) => name), [drawn]);
  const series = useMemo(() => {
    const of = (key: string, kind: 'bar' | 'share') => {
      const column = columns.find((one) => one.key === key);
      return column ? [{ name: column.title, kind, values: drawn.map(({ figures }) => column.raw(figures)) }] : [];
    };
    return isLying ? [...of('requests', 'bar'), ...of('completed', 'bar')] : [...of('requests', 'bar'), ...of('completed', 'bar'), ...of('inTime', 'share')];
  }, [columns, drawn, isLying]);
  return (
    <section className="hz-card">
      <h2>{table.title}</h2>
      {table.rows.length === 0 ? (
        <p className="hz-muted">{t('indicators.none')}</p>
      ) : (
        <>
          <Suspense fallback={<div className="in-chart" />}>
            <Chart title={table.title} names={names} series={series} isLying={isLying} />
          </Suspense>
          <div className="in-scroll" tabIndex={0} role="region" aria-label={table.title}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t('indicators.name')}</th>
                  {columns.map((column) => (
                    <th scope="col" key={column.key}>
                      {column.title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {table.rows.map((row) => (
                  <tr key={row.key}>
                    <th scope="row">{row.name}</th>
                    {columns.map((column) => (
                      <td key={column.key}>{shown(column, row.figures)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}
