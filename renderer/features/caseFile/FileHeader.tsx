import { AlertFilled, ArrowLeftOutlined, CloudDownloadOutlined, CloudUploadOutlined, DisconnectOutlined, EllipsisOutlined, ExclamationCircleOutlined, PrinterOutlined, ReloadOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Dropdown, Grid } from 'antd';
import { byteSize, clockTime, pick } from '../../i18n/format.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { OthersNotice } from '../../ui/parts/OthersNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { type ExportAction, ExportFhir } from './ExportFhir.tsx';
import { useCase, useFile } from './fileContext.ts';

/** Who it is, what must not be given, and how old what is shown may be. */
export function FileHeader({ onBack, onPrint, onChanges }: { readonly onBack: (() => void) | null; readonly onPrint: () => void; readonly onChanges: () => void }) {
  const { t, language } = useText();
  const { model, isOnline, isCompact, canWrite } = useFile();
  const summary = useCase((s) => s.summary);
  const items = useCase((s) => s.items);
  const outbox = useCase((s) => s.outbox);
  const others = useCase((s) => s.others);
  const asOfMs = useCase((s) => s.asOfMs);
  const error = useCase((s) => s.error);
  const unreadable = useCase((s) => s.unreadable);
  const progress = useCase((s) => s.progress);
  const { wallMs } = useNow(30_000);
  if (!summary) return null;
  const patient = ofKind(items, 'patient')[0]?.content.body;
  const request = ofKind(items, 'request')[0]?.content.body;
  const allergies = ofKind(items, 'history')[0]?.content.body.allergies.trim() ?? '';
  const unsent = outbox.filter(({ state }) => state === 'waiting').length;
  const stuck = outbox.filter(({ state }) => state === 'conflict' || state === 'refused').length;
  const sex = patient?.sex ?? summary.patientSex;
  const age = patient?.ageYears ?? summary.patientAge;
  const facts = [
    ...(sex === 'unknown' ? [] : [t(`sex.${sex}`)]),
    ...(age === null ? [] : [t('patient.age', { count: age })]),
    ...(request && request.ward !== '' ? [request.bed === '' ? request.ward : t('case.wardBed', { ward: request.ward, bed: request.bed })] : []),
    ...(patient?.recordNumber && !isCompact ? [t('case.recordNumber', { number: patient.recordNumber })] : []),
    ...(isCompact ? [] : [pick(summary.organisationName, language)]),
  ];
  return (
    <header className="cf-header">
      <div className="cf-header-top">
        {onBack && <Button type="text" icon={<ArrowLeftOutlined />} onClick={onBack} aria-label={t('case.back')} title={t('case.back')} data-testid="case-back" />}
        <div className="hz-grow">
          <div className="hz-row-wrap">
            {isCompact ? <h2 className="cf-name">{patient?.name ?? summary.patientName}</h2> : <h1 className="cf-name">{patient?.name ?? summary.patientName}</h1>}
            <span className="hz-muted">{facts.join(' · ')}</span>
            {request && request.urgency !== 'routine' && (
              <Chip tone="caution" icon={<AlertFilled />}>
                {t(`urgency.${request.urgency}`)}
              </Chip>
            )}
          </div>
        </div>
        <div className="hz-row">
          <Button icon={<ReloadOutlined />} onClick={model.refresh} disabled={!isOnline} aria-label={t('common.refresh')} title={isOnline ? t('common.refresh') : t('cases.needsNetwork')} />
          {isCompact ? (
            <Button icon={<PrinterOutlined />} onClick={onPrint} data-testid="print-case" aria-label={t('case.print')} title={t('case.print')} />
          ) : (
            <ExportFhir unsent={unsent + stuck}>{(fhir) => <HeaderActions fhir={fhir} onPrint={onPrint} />}</ExportFhir>
          )}
        </div>
      </div>
      <div className="hz-row-wrap">
        <span className="cf-allergies" data-known={allergies !== ''} data-testid="allergies">
          <WarningOutlined /> <strong>{t('case.allergies')}</strong> {allergies === '' ? t('case.allergiesUnknown') : allergies}
        </span>
        {!isOnline && (
          <Chip tone="caution" icon={<DisconnectOutlined />}>
            {t('case.offline')}
          </Chip>
        )}
        {unsent > 0 && (
          <Chip tone="caution" icon={<CloudUploadOutlined />}>
            {t('cases.unsent', { count: unsent })}
          </Chip>
        )}
        {stuck > 0 && (
          <Button danger icon={<ExclamationCircleOutlined />} onClick={onChanges} data-testid="show-stuck">
            {t('cases.stuck', { count: stuck })}
          </Button>
        )}
        {progress && (
          <Chip tone="primary" icon={<CloudDownloadOutlined />}>
            {progress.step === 'items' ? t('cases.fetchingItems') : t('cases.fetching', { done: byteSize(progress.doneBytes), total: byteSize(progress.totalBytes) })}
          </Chip>
        )}
        {asOfMs !== null && <span className="hz-muted hz-small">{t('worklist.asOf', { time: clockTime(asOfMs, wallMs, language) })}</span>}
        {!canWrite && <Chip>{t('case.readOnly')}</Chip>}
      </div>
      <OthersNotice others={others} make={model.exportChanges} />
      {unreadable > 0 && (
        <p className="cf-unreadable" role="status">
          <WarningOutlined /> {t('case.unreadable', { count: unreadable })}
        </p>
      )}
      {error && error.category !== 'network' && <ErrorNotice error={error} action={<Button onClick={model.refresh}>{t('common.retry')}</Button>} />}
    </header>
  );
}

/** What is done with the whole file; on a screen standing upright in a menu, for the name to have its room. */
function HeaderActions({ fhir, onPrint }: { readonly fhir: ExportAction | null; readonly onPrint: () => void }) {
  const { t } = useText();
  const isNarrow = Grid.useBreakpoint().xl === false;
  if (isNarrow) {
    const items = [
      { key: 'print', icon: <PrinterOutlined />, label: t('case.print'), onClick: onPrint },
      ...(fhir ? [{ key: 'fhir', icon: fhir.icon, label: fhir.label, title: fhir.title, disabled: fhir.isDisabled, onClick: fhir.onPress }] : []),
    ];
    return (
      <Dropdown trigger={['click']} menu={{ items }}>
        <Button icon={<EllipsisOutlined />} aria-label={t('case.more')} title={t('case.more')} data-testid="case-more" />
      </Dropdown>
    );
  }
  return (
    <>
      {fhir && (
        <Button icon={fhir.icon} disabled={fhir.isDisabled} onClick={fhir.onPress} title={fhir.title} data-testid="export-fhir">
          {fhir.label}
        </Button>
      )}
      <Button icon={<PrinterOutlined />} onClick={onPrint} data-testid="print-case" aria-label={t('case.print')} title={t('case.print')}>
        {t('case.print')}
      </Button>
    </>
  );
}
