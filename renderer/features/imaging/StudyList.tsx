import { FileTextOutlined, PlusOutlined, ReloadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect, useState } from 'react';
import type { CaseId } from '#shared/domain/ids';
import { drop } from '#shared/lib/drop';
import { filmTime } from '../../i18n/format.ts';
import { hasPictures, type SeriesSummary, type StudySummary } from '../../services/imaging/series.ts';
import { useText } from '../../ui/text.ts';
import { CopyError, CopyMark } from './CopyMark.tsx';
import { useImaging, useViewer } from './imagingContext.ts';

export type ThumbnailOf = (caseId: CaseId, series: SeriesSummary) => Promise<Blob>;

/** The case's studies, newest first, each with its series as little pictures; segmentations stand among the results of analysis. */
export function StudyList({ thumbnailOf }: { readonly thumbnailOf: ThumbnailOf }) {
  const { t } = useText();
  const { model, onHand, onAdd, copies } = useViewer();
  const studies = useImaging((s) => s.studies);
  const open = (study: StudySummary) => {
    onHand('look');
    model.openStudy(study, null);
  };
  return (
    <nav className="im-list" aria-label={t('imaging.studies')} data-testid="imaging-studies">
      <div className="im-list-head">
        <h3>{t('imaging.studies')}</h3>
        <span className="hz-grow" />
        {onAdd && <Button type="text" icon={<PlusOutlined />} aria-label={t('add.button')} title={t('add.button')} onClick={onAdd} data-testid="imaging-add" />}
        <Button type="text" icon={<ReloadOutlined />} aria-label={t('imaging.refresh')} onClick={() => void model.refresh()} />
      </div>
      {copies && <CopyError model={copies.model} />}
      {studies.map((study) => (
        <section key={study.studyUid} className="im-study">
          <button type="button" className="im-study-head" onClick={() => open(study)} title={t('imaging.openStudy')} data-testid={`imaging-study-${study.studyUid}`}>
            <b>{study.description || [...new Set(study.series.map(({ modality }) => modality))].join(' · ')}</b>
            <span className="hz-muted hz-small">{study.takenAtMs === null ? t('imaging.noDate') : filmTime(study.takenAtMs)}</span>
          </button>
          <ul>
            {study.series.filter(({ modality }) => modality !== 'SEG').map((series) => (
              <SeriesEntry key={series.seriesUid} series={series} thumbnailOf={thumbnailOf} />
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

function SeriesEntry({ series, thumbnailOf }: { readonly series: SeriesSummary; readonly thumbnailOf: ThumbnailOf }) {
  const { t } = useText();
  const { model, reports, onHand } = useViewer();
  const caseId = useImaging((s) => s.caseId);
  const isShown = useImaging((s) => s.cells.some(({ view }) => view?.seriesUid === series.seriesUid));
  const [url, setUrl] = useState<string | null>(null);
  const canShow = hasPictures(series.modality);
  const isReport = series.modality === 'SR';
  useEffect(() => {
    if (caseId === null || !canShow) return;
    let isGone = false;
    let made: string | null = null;
    drop(
      thumbnailOf(caseId, series).then((blob) => {
        if (isGone) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      }),
      'a series without its little picture is still named',
    );
    return () => {
      isGone = true;
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [caseId, series.seriesUid, canShow, thumbnailOf]);
  const name = series.description || t('imaging.noDescription');
  return (
    <li className="im-series-row">
      <button
        type="button"
        className="im-series"
        data-shown={isShown}
        disabled={!canShow && !isReport}
        title={isReport ? t('report.open', { name }) : canShow ? t('imaging.putHere', { name }) : t('imaging.noPictures')}
        data-testid={`imaging-series-${series.seriesUid}`}
        onClick={() => {
          if (isReport) return void reports.read(series);
          onHand('look');
          model.put(model.store.getState().active, series);
        }}
      >
        <span className="im-thumb">{url ? <img src={url} alt="" /> : canShow ? series.modality : <FileTextOutlined />}</span>
        <span className="hz-grow">
          <span className="im-series-name">{name}</span>
          <span className="hz-muted hz-small">
            {series.modality} · {t(isReport ? 'report.count' : 'imaging.images', { count: series.instanceCount })}
          </span>
        </span>
      </button>
      <CopyMark series={series} />
    </li>
  );
}
