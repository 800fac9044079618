import type { Party } from '#shared/domain/people';
import { byteSize, clockTime, fullName, pick, shortName } from '../../i18n/format.ts';
import { ofKind, type ViewedItem } from '../../services/cases/caseView.ts';
import { fieldLabel } from '../../ui/caseText.ts';
import { useClock, useText } from '../../ui/text.ts';
import { isPicture } from './DocumentCard.tsx';
import { fieldText } from './FieldRow.tsx';
import { useCase } from './fileContext.ts';
import { groupLabs, labFlag, referenceRange } from './labView.ts';
import { pageRules } from './pageRules.ts';
import { PrintCurves } from './PrintCurves.tsx';
import { RECORD_FIELDS } from './recordFields.ts';
import { ageGroup, VITALS, vitalFlag } from './vitalsView.ts';

const KINDS = ['request', 'history', 'examination', 'patient'] as const;

export interface PaperProps {
  /** Addresses of the pictures that are there, by hash. */
  readonly pictures: ReadonlyMap<string, string>;
  /** Who prints; null: not known. */
  readonly printedBy: Party | null;
}

/** The whole file as a document: every kind of entry, with who wrote it and where it is; who the patient is stands on every page. */
export function Paper({ pictures, printedBy }: PaperProps) {
  const { t, language } = useText();
  const clock = useClock();
  const nowMs = clock.wallMs();
  const summary = useCase((s) => s.summary);
  const items = useCase((s) => s.items);
  const asOfMs = useCase((s) => s.asOfMs);
  const unreadable = useCase((s) => s.unreadable);
  if (!summary) return null;
  const patient = ofKind(items, 'patient')[0]?.content.body;
  const allergies = ofKind(items, 'history')[0]?.content.body.allergies ?? '';
  const time = (ms: number) => clockTime(ms, 0, language);
  const about = (item: ViewedItem, nameOf: typeof fullName = fullName) => (
    <small>
      {nameOf(item.author, language)}
      {item.place === null || item.place === 'held' ? '' : ` · ${t(`place.${item.place}`)}`}
      {item.retraction ? ` · ${t('retract.short', { reason: item.retraction.reason })}` : ''}
    </small>
  );
  const struck = (item: ViewedItem) => ({
    'data-retracted': item.retraction !== null,
  });
  const documents = ofKind(items, 'document').filter(({ content }) => content.body.category !== 'dicom');
  const slices = ofKind(items, 'document').length - documents.length;
  const name = patient?.name ?? summary.patientName;
  const age = patient?.ageYears ?? summary.patientAge;
  const sex = t(`sex.${patient?.sex ?? summary.patientSex}`);
  const identity = [
    name,
    sex,
    ...(age === null ? [] : [t('patient.age', { count: age })]),
    ...(patient?.birthDate ? [patient.birthDate] : []),
    ...(patient?.recordNumber ? [t('case.recordNumber', { number: patient.recordNumber })] : []),
  ];
  const printed =
    printedBy === null
      ? t('print.at', { time: time(nowMs) })
      : t('print.byAt', {
          name: fullName(printedBy, language),
          time: time(nowMs),
        });
  const pages = language === 'en' ? { before: 'Page ', between: ' of ', after: '' } : { before: '第 ', between: ' / ', after: ' 页' };
  return (
    <div className="cf-print" aria-hidden="true" lang={language} data-testid="print-paper">
      <style>
        {pageRules({
          topLeft: identity.join(' · '),
          topRight: pick(summary.organisationName, language),
          bottomLeft: printed,
          pages,
        })}
      </style>
      <h1>{t('print.title', { name })}</h1>
      <p className="cf-print-identity">{[...identity.slice(1), pick(summary.organisationName, language)].join(' · ')}</p>
      <p className="cf-print-allergies">
        {t('case.allergies')} {allergies === '' ? t('case.allergiesUnknown') : allergies}
      </p>
      <p>
        {t('print.asOf', {
          asOf: asOfMs === null ? t('common.unknown') : time(asOfMs),
        })}{' '}
        {printed}
      </p>
      {unreadable > 0 && <p>{t('case.unreadable', { count: unreadable })}</p>}
      {KINDS.map((kind) => {
        const item = ofKind(items, kind)[0];
        if (!item) return null;
        const body: Readonly<Record<string, unknown>> = item.content.body;
        return (
          <section key={kind}>
            <h2>{t(`caseKind.${kind}`)}</h2>
            <dl>
              {RECORD_FIELDS[kind].map((field) => (
                <div key={field.name}>
                  <dt>{fieldLabel(kind, field.name, t)}</dt>
                  <dd className="cf-text">{fieldText(field.name, body[field.name], t) || t('record.empty')}</dd>
                </div>
              ))}
            </dl>
            {about(item)}
          </section>
        );
      })}
      <section>
        <h2>{t('section.vitals')}</h2>
        <PrintCurves rounds={ofKind(items, 'vitals')} ageYears={age} />
        <table>
          <thead>
            <tr>
              <th>{t('common.time')}</th>
              {VITALS.map(({ name, unit }) => (
                <th key={name}>
                  {t(`field.vitals.${name}`)} {unit}
                </th>
              ))}
              <th>{t('common.writtenBy')}</th>
            </tr>
          </thead>
          <tbody>
            {ofKind(items, 'vitals').map((item) => (
              <tr key={item.id} {...struck(item)}>
                <td>{time(item.content.body.measuredAtMs)}</td>
                {VITALS.map((vital) => {
                  const value = item.content.body[vital.name];
                  const flag = vitalFlag(vital, value, age);
                  return (
                    <td key={vital.name} className="cf-print-value">
                      {value === null ? '–' : value.toFixed(vital.decimals)} {flag === null ? '' : t(`flag.${flag}`)}
                    </td>
                  );
                })}
                <td>{about(item, shortName)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <small>{t('vitals.rangesOf', { group: t(`ageGroup.${ageGroup(age)}`) })}</small>
      </section>
      <section>
        <h2>{t('section.labs')}</h2>
        <table>
          <thead>
            <tr>
              <th>{t('labs.test')}</th>
              <th>{t('labs.latest')}</th>
              <th>{t('labs.flag')}</th>
              <th>{t('labs.reference')}</th>
              <th>{t('labs.collected')}</th>
              <th>{t('common.writtenBy')}</th>
            </tr>
          </thead>
          <tbody>
            {groupLabs(ofKind(items, 'lab')).flatMap(({ results }) =>
              results.map((item) => {
                const { body } = item.content;
                const flag = labFlag(body);
                return (
                  <tr key={item.id} {...struck(item)}>
                    <td>{pick(body.name, language)}</td>
                    <td>{body.value === null ? body.text : `${body.value} ${body.unit}`}</td>
                    <td className="cf-print-value">{flag === null ? '' : t(`flag.${flag}`)}</td>
                    <td className="cf-print-value">{referenceRange(body) ?? '–'}</td>
                    <td className="cf-print-value">{time(body.collectedAtMs)}</td>
                    <td>{about(item, shortName)}</td>
                  </tr>
                );
              }),
            )}
          </tbody>
        </table>
      </section>
      {ofKind(items, 'opinion').map((item) => (
        <section key={item.id} {...struck(item)}>
          <h2>{t('caseKind.opinion')}</h2>
          {about(item)}
          <dl>
            {RECORD_FIELDS.opinion.map((field) => (
              <div key={field.name}>
                <dt>{fieldLabel('opinion', field.name, t)}</dt>
                <dd className="cf-text">{item.content.body[field.name === 'findings' ? 'findings' : 'recommendation'] || t('record.empty')}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {ofKind(items, 'note').map((item) => (
        <section key={item.id} {...struck(item)}>
          <h2>{item.content.body.title}</h2>
          {about(item)}
          <p className="cf-text">{item.text}</p>
        </section>
      ))}
      <section>
        <h2>{t('documents.imaging')}</h2>
        {ofKind(items, 'imaging').map((item) => (
          <p key={item.id} {...struck(item)}>
            {item.content.body.modality} · {item.content.body.description} · {time(item.content.body.studiedAtMs)} · {t('documents.series', { count: item.content.body.seriesCount })}
          </p>
        ))}
      </section>
      {slices > 0 && <p>{t('documents.slices', { count: slices })}</p>}
      <section>
        <h2>{t('section.documents')}</h2>
        {documents.map((item) => {
          const { title, category, attachment, takenAtMs } = item.content.body;
          const url = pictures.get(attachment.hash);
          return (
            <figure key={item.id} {...struck(item)}>
              {url === undefined ? isPicture(attachment) && <p className="cf-print-missing">{t('print.noPicture')}</p> : <img src={url} alt="" />}
              <figcaption>
                {title} · {t(`documentCategory.${category}`)} · {time(takenAtMs)} · {attachment.fileName} ({byteSize(attachment.sizeBytes)}) {about(item)}
              </figcaption>
            </figure>
          );
        })}
      </section>
      {ofKind(items, 'consent').map((item) => {
        const { formTitle, formText, signerName, relation, signedAtMs, signature } = item.content.body;
        const url = pictures.get(signature.hash);
        return (
          <section key={item.id} {...struck(item)}>
            <h2>{formTitle}</h2>
            <p className="cf-text">{formText}</p>
            {url === undefined ? <p className="cf-print-missing">{t('print.noPicture')}</p> : <img src={url} alt="" className="cf-print-signature" />}
            <p>
              {signerName} · {t(`relation.${relation}`)} · {t('consent.signedAt', { time: time(signedAtMs) })} {about(item)}
            </p>
          </section>
        );
      })}
    </div>
  );
}
