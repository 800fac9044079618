import { CheckCircleFilled, CloudUploadOutlined, ReloadOutlined, WarningFilled } from '@ant-design/icons';
import { Button, Progress } from 'antd';
import { useStore } from 'zustand';
import type { PacsLink } from '#shared/protocol/imaging';
import type { ImagePatientSaid } from '#shared/domain/imaging/patientMatch';
import { filmTime } from '../../../i18n/format.ts';
import type { StudySummary } from '../../../services/imaging/series.ts';
import type { PacsModel } from '../../../state/imaging/pacsModel.ts';
import { ErrorNotice } from '../../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../../ui/text.ts';
import { saidDate, saidName } from './said.ts';

interface OwnStudiesProps {
  readonly model: PacsModel;
  readonly isOnline: boolean;
  readonly studies: readonly StudySummary[];
  /** Somebody wants to see whom images of a study name that were not taken in. */
  readonly onCompare: (asked: AskedPatient) => void;
}

/** A patient whom a study of the archive names, beside the case's. */
export interface AskedPatient {
  readonly studyUid: string;
  readonly said: ImagePatientSaid;
}

/** What of the archive was asked for and how far it has come, and the case's studies that can go back to it. */
export function OwnStudies({ model, isOnline, studies, onCompare }: OwnStudiesProps) {
  const { t } = useText();
  const links = useStore(model.store, (s) => s.links);
  const waiting = links.filter(({ studyUid }) => !studies.some((study) => study.studyUid === studyUid));
  if (links.length === 0 && studies.length === 0) return null;
  return (
    <section className="ai-section">
      <h3>{t('pacs.ofCase')}</h3>
      <ul className="ai-found" aria-label={t('pacs.ofCase')}>
        {waiting.map(({ studyUid }) => (
          <Own key={studyUid} studyUid={studyUid} name={t('pacs.comes')} model={model} isOnline={isOnline} onCompare={onCompare} canSendBack={false} />
        ))}
        {studies.map((study) => (
          <Own key={study.studyUid} studyUid={study.studyUid} name={`${study.description || t('imaging.noDescription')} · ${study.takenAtMs === null ? t('imaging.noDate') : filmTime(study.takenAtMs)}`} model={model} isOnline={isOnline} onCompare={onCompare} canSendBack />
        ))}
      </ul>
    </section>
  );
}

function Own({ studyUid, name, model, isOnline, onCompare, canSendBack }: Pick<OwnStudiesProps, 'model' | 'isOnline' | 'onCompare'> & { readonly studyUid: string; readonly name: string; readonly canSendBack: boolean }) {
  const { t } = useText();
  const link = useStore(model.store, (s) => s.links.find((one) => one.studyUid === studyUid) ?? null);
  const isBusy = useStore(model.store, (s) => s.busy.has(studyUid));
  const error = useStore(model.store, (s) => s.studyErrors.get(studyUid) ?? null);
  const sent = useStore(model.store, (s) => s.sentBack.get(studyUid) ?? null);
  return (
    <li data-testid={`pacs-own-${studyUid}`} data-state={link?.state}>
      <div className="hz-grow">
        <b>{name}</b>
        {link && <LinkState link={link} />}
        {link?.others.map(({ patient, files }) => (
          <p key={`${patient.name} ${patient.id} ${patient.birthDate}`} className="ai-other" data-testid={`pacs-other-${studyUid}`}>
            <span>
              {t('pacs.others', { count: files })}: <b>{[saidName(patient.name) || t('import.nobody'), patient.id, saidDate(patient.birthDate)].filter((part) => part !== '').join(' · ')}</b>
            </span>
            <Button size="large" disabled={!isOnline} onClick={() => onCompare({ studyUid, said: patient })}>
              {t('pacs.compareOthers')}
            </Button>
          </p>
        ))}
        {sent && <p role="status">{sent.refused > 0 ? t('pacs.sentSome', sent) : sent.sent === 0 ? t('pacs.sentNone') : t('pacs.sent', { count: sent.sent })}</p>}
        {error && <ErrorNotice error={error} />}
      </div>
      {link && (link.state === 'failed' || link.code !== null) && (
        <Button size="large" icon={<ReloadOutlined />} loading={isBusy} disabled={!isOnline} onClick={() => void model.link(studyUid)} data-testid={`pacs-retry-${studyUid}`}>
          {t('common.retry')}
        </Button>
      )}
      {canSendBack && link?.state !== 'loading' && (
        <Button size="large" icon={<CloudUploadOutlined />} loading={isBusy} disabled={!isOnline} onClick={() => void model.sendBack(studyUid)} data-testid={`pacs-back-${studyUid}`}>
          {t('pacs.sendBack')}
        </Button>
      )}
    </li>
  );
}

function LinkState({ link: { state, loaded, total, code } }: { readonly link: PacsLink }) {
  const { t } = useText();
  if (state === 'loading') {
    return (
      <>
        <p role="status">{t('pacs.loading', { loaded, total })}</p>
        <Progress percent={total === 0 ? 0 : Math.min(100, Math.floor((100 * loaded) / total))} showInfo={false} aria-label={t('import.progress')} />
      </>
    );
  }
  if (state === 'failed') {
    return (
      <p className="ai-bad">
        <WarningFilled /> {t('pacs.failed', { loaded, total })} {code !== null && t(`error.${code}`)}
      </p>
    );
  }
  return code === null ? (
    <p className="hz-muted">
      <CheckCircleFilled /> {t('pacs.loaded', { count: loaded })}
    </p>
  ) : (
    <p className="ai-bad">
      <WarningFilled /> {t('pacs.loadedSome', { loaded, total })} {t(`error.${code}`)}
    </p>
  );
}
