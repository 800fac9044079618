import { AimOutlined, EyeInvisibleOutlined, EyeOutlined, SplitCellsOutlined, WarningFilled } from '@ant-design/icons';
import { Button, Slider } from 'antd';
import { useStore } from 'zustand';
import { filmTime } from '../../i18n/format.ts';
import type { DeviceReport } from '../../services/imaging/results/deviceReport.ts';
import type { AnalysisState, SegmentationResult, SegmentResult } from '../../state/imaging/analysisState.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useViewer } from './imagingContext.ts';

/** Tenths below ten, whole numbers from a hundred on: a mask is not worth more. */
const worth = (ml: number): string => (Math.abs(ml) >= 100 ? ml.toFixed(0) : Math.abs(ml) >= 10 ? ml.toFixed(1) : ml.toFixed(2));
const signed = (value: number, shown: string): string => (value > 0 ? `+${shown}` : shown.replace('-', '−'));

function useAnalysis<T>(select: (state: AnalysisState) => T): T {
  return useStore(useViewer().analysis.store, select);
}

/** What services outside found, for each study: never without the word that it is assistance and no diagnosis. */
export function AnalysisResults() {
  const { t } = useText();
  const { analysis } = useViewer();
  const { studies, error, opacity, progress, isReading } = useAnalysis((s) => s);
  if (studies.length === 0 && error === null) return isReading ? <p className="hz-muted hz-small" role="status">{t('analysis.reading')}</p> : null;
  const canDraw = studies.some(({ segmentations }) => segmentations.some(({ status }) => status === 'ready'));
  return (
    <section className="im-analysis" aria-label={t('analysis.title')} data-testid="analysis">
      <h3>{t('analysis.title')}</h3>
      <p className="im-assistance" data-testid="analysis-assistance">
        {t('analysis.assistance')}
      </p>
      {progress.done < progress.total && (
        <p className="hz-muted hz-small" role="status">
          {t('analysis.progress', progress)}
        </p>
      )}
      {canDraw && (
        <div className="im-opacity">
          <span className="hz-small hz-muted">{t('analysis.opacity')}</span>
          <Slider min={10} max={90} step={5} value={Math.round(opacity * 100)} tooltip={{ open: false }} ariaLabelForHandle={t('analysis.opacity')} onChange={(percent: number) => analysis.setOpacity(percent / 100)} />
        </div>
      )}
      {studies.map(({ studyUid, takenAtMs, segmentations, reports }) => (
        <div key={studyUid} className="im-results">
          <h4>{takenAtMs === null ? t('analysis.noDate') : filmTime(takenAtMs)}</h4>
          {segmentations.map((one) => (
            <SegmentationEntry key={one.head.sopUid} result={one} />
          ))}
          {reports.map((one) => (
            <ReportEntry key={one.sopUid} report={one} />
          ))}
        </div>
      ))}
      {error && <ErrorNotice error={error} action={<Button size="small" onClick={analysis.retry}>{t('common.retry')}</Button>} />}
    </section>
  );
}

function SegmentationEntry({ result: { head, status, refusal, error, segments } }: { readonly result: SegmentationResult }) {
  const { t } = useText();
  const { analysis } = useViewer();
  const algorithms = [...new Set(segments.map(({ algorithm, version, made }) => [algorithm, version, made === '' ? '' : t(`analysis.made.${made}`)].filter((part) => part !== '').join(' ')))].filter((one) => one !== '');
  const compared = segments.flatMap(({ comparison, key }) => (comparison ? [{ comparison, key }] : []));
  return (
    <article className="im-result" data-testid={`analysis-${head.sopUid}`} data-status={status}>
      <b className="im-result-name">{head.title || t('analysis.segmentation')}</b>
      <span className="hz-muted hz-small">{[head.manufacturer || t('analysis.unknownMaker'), ...algorithms].join(' · ')}</span>
      <span className="hz-muted hz-small">{t(`analysis.kind.${head.kind}`)}</span>
      {refusal && (
        <p className="im-refusal" role="note" data-testid="analysis-refusal">
          <WarningFilled /> <b>{t('analysis.refused')}</b> {t(`analysis.refusal.${refusal.reason}`, { detail: refusal.detail })}
        </p>
      )}
      {error && <ErrorNotice error={error} action={<Button size="small" onClick={analysis.retry}>{t('common.retry')}</Button>} />}
      <ul>
        {segments.map((segment) => (
          <SegmentEntry key={segment.key} segment={segment} isReady={status === 'ready'} />
        ))}
      </ul>
      {compared.length > 0 && (
        <table className="im-compare" data-testid="analysis-compare">
          <thead>
            <tr>
              <th scope="col">{t('analysis.now')}</th>
              <th scope="col">{t('analysis.before')}</th>
              <th scope="col">{t('analysis.difference')}</th>
            </tr>
          </thead>
          {compared.map(({ comparison, key }) => (
            <ComparisonRows key={key} comparison={comparison} />
          ))}
        </table>
      )}
    </article>
  );
}

function SegmentEntry({ segment, isReady }: { readonly segment: SegmentResult; readonly isReady: boolean }) {
  const { t } = useText();
  const { analysis, onHand } = useViewer();
  const name = segment.label || t('analysis.segment', { number: segment.number });
  return (
    <li className="im-segment" data-testid={`analysis-segment-${segment.number}`}>
      <Button
        type="text"
        className="im-eye"
        icon={segment.isShown ? <EyeOutlined /> : <EyeInvisibleOutlined />}
        aria-label={t('analysis.show', { name })}
        aria-pressed={segment.isShown}
        disabled={!isReady}
        onClick={() => analysis.setShown([segment.key], !segment.isShown)}
      />
      <span className="im-swatch" style={{ background: segment.colour }} aria-hidden="true" />
      <span className="hz-grow im-segment-name">{name}</span>
      {segment.volumeMl !== null && (
        <span className="im-values" data-testid="analysis-volume">
          {t('analysis.volume', { ml: worth(segment.volumeMl) })}
        </span>
      )}
      <Button
        type="text"
        className="im-eye"
        icon={<AimOutlined />}
        aria-label={t('analysis.goTo', { name })}
        disabled={!isReady || segment.volumeMl === 0}
        data-testid="analysis-go"
        onClick={() => {
          onHand('look');
          analysis.goTo(segment.key);
        }}
      />
    </li>
  );
}

function ComparisonRows({ comparison }: { readonly comparison: NonNullable<SegmentResult['comparison']> }) {
  const { t } = useText();
  const { analysis, onHand } = useViewer();
  const { now, before, differenceMl, percent } = comparison;
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={3}>
          <span className="im-compare-head">
            <span>
              {now.segment.label} · {before.takenAtMs === null ? '' : filmTime(before.takenAtMs)}
            </span>
            <Button
              type="text"
              className="im-eye"
              icon={<SplitCellsOutlined />}
              aria-label={t('analysis.compare')}
              title={t('analysis.compare')}
              data-testid="analysis-side-by-side"
              onClick={() => {
                onHand('look');
                analysis.compare(comparison);
              }}
            />
          </span>
        </th>
      </tr>
      <tr>
        <td>{t('analysis.volume', { ml: worth(now.volumeMl) })}</td>
        <td>{t('analysis.volume', { ml: worth(before.volumeMl) })}</td>
        <td>
          {t('analysis.volume', { ml: signed(differenceMl, worth(differenceMl)) })}
          {percent !== null && <span className="im-percent"> {t('analysis.percent', { percent: signed(percent, percent.toFixed(Math.abs(percent) >= 10 ? 0 : 1)) })}</span>}
        </td>
      </tr>
    </tbody>
  );
}

function ReportEntry({ report: { title, by, lines, left, sopUid } }: { readonly report: DeviceReport }) {
  const { t } = useText();
  return (
    <details className="im-result" data-testid={`analysis-${sopUid}`}>
      <summary>
        <b className="im-result-name">{title || t('analysis.report')}</b>
        <span className="hz-muted hz-small">{by || t('analysis.unknownMaker')}</span>
      </summary>
      <ul className="im-report">
        {lines.map(({ depth, name, value }, index) => (
          // A report is read once and never changes.
          <li key={index} style={{ paddingInlineStart: `${depth * 10}px` }}>
            <span className="hz-muted">{name}</span> {value}
          </li>
        ))}
        {left > 0 && <li className="hz-muted">{t('analysis.moreLines', { count: left })}</li>}
      </ul>
    </details>
  );
}
