import { DatabaseOutlined, SearchOutlined } from '@ant-design/icons';
import { Button, Input, Select, Skeleton } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import { matchPatient } from '#shared/domain/imaging/patientMatch';
import type { StudySummary } from '../../../services/imaging/series.ts';
import { type FoundStudy, isEnough, type PacsModel } from '../../../state/imaging/pacsModel.ts';
import { ConfirmDialog } from '../../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../../ui/text.ts';
import { FoundStudies } from './FoundStudies.tsx';
import { type AskedPatient, OwnStudies } from './OwnStudies.tsx';
import { PatientFacts } from './PatientFacts.tsx';
import { saidDate } from './said.ts';

export interface PacsArchiveProps {
  readonly model: PacsModel;
  readonly caseId: CaseId;
  readonly isOnline: boolean;
  readonly studies: readonly StudySummary[];
}

const MODALITIES = ['CT', 'MR', 'US', 'CR', 'DX', 'XA', 'RF', 'MG', 'NM', 'PT'] as const;

/** The hospital's archive: looking for the patient's examinations, what came last, what is being loaded, and what goes back. */
export function PacsArchive({ model, caseId, isOnline, studies }: PacsArchiveProps) {
  const { t } = useText();
  const phase = useStore(model.store, (s) => s.phase);
  const error = useStore(model.store, (s) => s.error);
  const [asked, setAsked] = useState<AskedPatient | null>(null);
  useEffect(() => {
    void model.open(caseId);
    return () => model.close();
  }, [model, caseId]);
  const link = (found: FoundStudy) => {
    if (found.match.overall === 'same') void model.link(found.study.studyUid);
    else setAsked({ studyUid: found.study.studyUid, said: found.study.patient });
  };
  if (phase === 'none') {
    return (
      <div className="hz-empty" data-testid="pacs-none">
        <DatabaseOutlined />
        <h2>{t('pacs.none')}</h2>
        <p>{t('pacs.noneText')}</p>
      </div>
    );
  }
  if (phase === 'failed' && error) return <ErrorNotice error={error} action={<Button onClick={() => void model.open(caseId)}>{t('common.retry')}</Button>} />;
  if (phase !== 'ready') return <Skeleton active />;
  return (
    <div className="ai-step" data-testid="pacs">
      {!isOnline && <p role="status">{t('import.needsNetwork')}</p>}
      <OwnStudies model={model} isOnline={isOnline} studies={studies} onCompare={setAsked} />
      <Search model={model} isOnline={isOnline} onLink={link} />
      <Arrivals model={model} isOnline={isOnline} onLink={link} />
      <Confirm model={model} asked={asked} onDone={() => setAsked(null)} />
    </div>
  );
}

/** Another patient's examination is not taken in by a slip of the finger. */
function Confirm({ model, asked, onDone }: { readonly model: PacsModel; readonly asked: AskedPatient | null; readonly onDone: () => void }) {
  const { t } = useText();
  const patient = useStore(model.store, (s) => s.patient);
  return (
    <ConfirmDialog
      isOpen={asked !== null}
      isDangerous
      title={t(asked !== null && matchPatient(asked.said, patient).overall !== 'differs' ? 'pacs.confirmUnknown' : 'pacs.confirmOther')}
      text={asked && <PatientFacts said={asked.said} known={patient} saidBy={t('pacs.ofStudy')} />}
      confirmLabel={t('pacs.confirm')}
      confirmTestId="pacs-confirm"
      onCancel={onDone}
      onConfirm={() => {
        if (asked) void model.link(asked.studyUid, [asked.said]);
        onDone();
      }}
    />
  );
}

interface PartProps {
  readonly model: PacsModel;
  readonly isOnline: boolean;
  readonly onLink: (found: FoundStudy) => void;
}

function Search({ model, isOnline, onLink }: PartProps) {
  const { t } = useText();
  const wish = useStore(model.store, (s) => s.wish);
  const found = useStore(model.store, (s) => s.found);
  const isSearching = useStore(model.store, (s) => s.isSearching);
  const error = useStore(model.store, (s) => s.searchError);
  const field = (name: 'patientId' | 'patientName' | 'accession') => (
    <label>
      {t(`pacs.${name}`)}
      <Input size="large" value={wish[name]} maxLength={64} onChange={(event) => model.setWish({ [name]: event.target.value })} data-testid={`pacs-${name}`} />
    </label>
  );
  const date = (name: 'fromDate' | 'toDate') => (
    <label>
      {t(`pacs.${name}`)}
      <Input size="large" type="date" value={saidDate(wish[name])} onChange={(event) => model.setWish({ [name]: event.target.value.replaceAll('-', '') })} data-testid={`pacs-${name}`} />
    </label>
  );
  return (
    <section className="ai-section">
      <h3>{t('pacs.search')}</h3>
      <form
        className="ai-wish"
        onSubmit={(event) => {
          event.preventDefault();
          void model.search();
        }}
      >
        {field('patientId')}
        {field('patientName')}
        {field('accession')}
        {date('fromDate')}
        {date('toDate')}
        <label>
          {t('pacs.modality')}
          <Select size="large" value={wish.modality} onChange={(modality) => model.setWish({ modality })} options={[{ value: '', label: t('pacs.anyModality') }, ...MODALITIES.map((value) => ({ value, label: value }))]} aria-label={t('pacs.modality')} data-testid="pacs-modality" />
        </label>
        <Button type="primary" size="large" htmlType="submit" icon={<SearchOutlined />} loading={isSearching} disabled={!isOnline || !isEnough(wish)} data-testid="pacs-submit">
          {t('pacs.submit')}
        </Button>
      </form>
      {!isEnough(wish) && <p className="hz-muted hz-small">{t('pacs.wishNeeded')}</p>}
      {error && <ErrorNotice error={error} />}
      {found && <FoundStudies model={model} found={found} isOnline={isOnline} onLink={onLink} none={t('pacs.nothingFound')} label={t('pacs.search')} />}
    </section>
  );
}

function Arrivals({ model, isOnline, onLink }: PartProps) {
  const { t } = useText();
  const arrivals = useStore(model.store, (s) => s.arrivals);
  const isAsking = useStore(model.store, (s) => s.isAskingArrivals);
  const error = useStore(model.store, (s) => s.arrivalsError);
  return (
    <section className="ai-section">
      <div className="hz-row-wrap">
        <h3>{t('pacs.arrivals')}</h3>
        <Button size="large" loading={isAsking} disabled={!isOnline} onClick={() => void model.askArrivals()} data-testid="pacs-arrivals">
          {t(arrivals === null ? 'pacs.askArrivals' : 'common.refresh')}
        </Button>
      </div>
      <p className="hz-muted hz-small">{t('pacs.arrivalsHelp')}</p>
      {error && <ErrorNotice error={error} {...(error.code === 'imaging.noPacs' ? { text: t('pacs.noArrivals') } : {})} />}
      {arrivals && <FoundStudies model={model} found={arrivals} isOnline={isOnline} onLink={onLink} none={t('pacs.nothingArrived')} label={t('pacs.arrivals')} />}
    </section>
  );
}
