import { CheckCircleFilled, CloudDownloadOutlined, CloudSyncOutlined, LoadingOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useStore } from 'zustand';
import type { SeriesSummary } from '../../services/imaging/series.ts';
import type { CopiesModel } from '../../state/imaging/copiesModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useViewer } from './imagingContext.ts';

/** Whether a series opens without a network, by icon and word; and whether it is to. */
export function CopyMark({ series }: { readonly series: SeriesSummary }) {
  const { copies } = useViewer();
  return copies === null ? null : <Mark series={series} model={copies.model} canChoose={copies.canChoose} isOnline={copies.isOnline} />;
}

function Mark({ series, model, canChoose, isOnline }: { readonly series: SeriesSummary; readonly model: CopiesModel; readonly canChoose: boolean; readonly isOnline: boolean }) {
  const { t } = useText();
  const { seriesUid } = series;
  const state = useStore(model.store, (s) => s.series.get(seriesUid) ?? null);
  const isBusy = useStore(model.store, (s) => s.busy.has(seriesUid));
  const fetched = useStore(model.store, (s) => s.fetched);
  const name = series.description || t('imaging.noDescription');
  const props = { type: 'text', size: 'small', className: 'im-copy', 'data-testid': `imaging-copy-${seriesUid}` } as const;
  if (isBusy) {
    return (
      <span className="im-copy" role="status" data-testid={`imaging-copy-${seriesUid}`} data-here="fetching">
        <LoadingOutlined /> {fetched === null ? t('copy.fetching') : t('copy.fetched', { percent: Math.floor(fetched * 100) })}
      </span>
    );
  }
  if (state === null) {
    if (!canChoose) return null;
    return (
      <Button {...props} data-here="no" icon={<CloudDownloadOutlined />} disabled={!isOnline} title={t(isOnline ? 'copy.chooseHelp' : 'copy.needsNetwork')} aria-label={t('copy.chooseNamed', { name })} onClick={() => void model.choose(series)}>
        {t('copy.choose')}
      </Button>
    );
  }
  if (state.here === 'whole') {
    return (
      <Button {...props} data-here="whole" icon={<CheckCircleFilled />} disabled={!canChoose} title={t('copy.leave')} aria-label={t('copy.leaveNamed', { name })} onClick={() => void model.leave(seriesUid)}>
        {t('copy.here')}
      </Button>
    );
  }
  return (
    <Button {...props} data-here={state.here} icon={<CloudSyncOutlined />} disabled={!isOnline} title={t(isOnline ? 'copy.fetchHelp' : 'copy.needsNetwork')} aria-label={t('copy.fetchNamed', { name })} onClick={() => void model.fetch(seriesUid)}>
      {t('copy.notHere')}
    </Button>
  );
}

/** Why the last series that was asked for did not come whole. */
export function CopyError({ model }: { readonly model: CopiesModel }) {
  const { t } = useText();
  const error = useStore(model.store, (s) => s.error);
  if (error === null) return null;
  return <ErrorNotice error={error} title={t('copy.failed')} action={<Button size="small" onClick={model.dismissError}>{t('common.close')}</Button>} />;
}
