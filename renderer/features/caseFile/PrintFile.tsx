import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import type { Attachment } from '#shared/domain/caseFile';
import { drop } from '#shared/lib/drop';
import { byteSize, clockTime, fullName, pick } from '../../i18n/format.ts';
import { ofKind, type ViewedItem } from '../../services/cases/caseView.ts';
import { fieldLabel } from '../../ui/caseText.ts';
import { useClock, useText } from '../../ui/text.ts';
import { isPicture } from './DocumentCard.tsx';
import { fieldText } from './FieldRow.tsx';
import { useCase, useFile } from './fileContext.ts';
import { groupLabs, labFlag, referenceRange } from './labView.ts';
import { RECORD_FIELDS } from './recordFields.ts';
import { VITALS, vitalFlag } from './vitalsView.ts';

/** Pictures larger than this are named and not printed. */
const PICTURE_MAX_BYTES = 30_000_000;
const KINDS = ['request', 'history', 'examination'] as const;

/** The whole file as a document for paper or PDF, black on white. It asks for printing when its pictures are there, and goes afterwards. */
export function PrintFile({ onDone }: { readonly onDone: () => void }) {
  const { model } = useFile();
  const items = useCase((s) => s.items);
  const [pictures, setPictures] = useState<ReadonlyMap<string, string> | null>(null);

  // What is printed is what was there when it was asked for.
  useEffect(() => {
    let isGone = false;
    const urls = new Map<string, string>();
    const wanted = items.flatMap(({ content }): Attachment[] => (content.kind === 'consent' ? [content.body.signature] : content.kind === 'document' && isPicture(content.body.attachment) && content.body.attachment.sizeBytes <= PICTURE_MAX_BYTES ? [content.body.attachment] : []));
    const load = async () => {
      for (const attachment of wanted) {
        const blob = await model.read(attachment).catch(() => null); // not here: its name is printed
        if (isGone) return;
        if (blob) urls.set(attachment.hash, URL.createObjectURL(blob));
      }
      setPictures(urls);
    };
    drop(load(), 'each picture that fails is left out');
    return () => {
      isGone = true;
      for (const url of urls.values()) URL.revokeObjectURL(url);
    };
  }, []);

  useEffect(() => {
    if (!pictures) return;
    const images = [...document.querySelectorAll<HTMLImageElement>('.cf-print img')];
    let isGone = false;
    drop(
      Promise.all(images.map((image) => image.decode().catch(() => undefined))).then(() => {
        if (isGone) return;
        window.print();
        onDone();
      }),
      'a window that cannot print has said so',
    );
    return () => {
      isGone = true;
    };
  }, [pictures, onDone]);

  return pictures ? createPortal(<Paper pictures={pictures} />, document.body) : null;
}

function Paper({ pictures }: { readonly pictures: ReadonlyMap<string, string> }) {
  const { t, language } = useText();
  const clock = useClock();
  const nowMs = clock.wallMs();
  const summary = useCase((s) => s.summary);
  const items = useCase((s) => s.items);
  const asOfMs = useCase((s) => s.asOfMs);
  if (!summary) return null;
  const patient = ofKind(items, 'patient')[0]?.content.body;
  const allergies = ofKind(items, 'history')[0]?.content.body.allergies ?? '';
  const time = (ms: number) => clockTime(ms, 0, language);
  const about = (item: ViewedItem) => (
    <small>
      {fullName(item.author, language)}
      {item.place === null || item.place === 'held' ? '' : ` · ${t(`place.${item.place}`)}`}
      {item.retraction ? ` · ${t('retract.short', { reason: item.retraction.reason })}` : ''}
    </small>
  );
  const struck = (item: ViewedItem) => ({ 'data-retracted': item.retraction !== null });
  const photographs = ofKind(items, 'document').filter(({ content }) => content.body.category !== 'dicom');
  return (
    <div className="cf-print" aria-hidden="true">
      <h1>{t('print.title', { name: patient?.name ?? summary.patientName })}</h1>
      <p>
        {[t(`sex.${patient?.sex ?? summary.patientSex}`), ...(summary.patientAge === null ? [] : [t('patient.age', { count: summary.patientAge })]), ...(patient?.birthDate ? [patient.birthDate] : []), ...(patient?.recordNumber ? [t('case.recordNumber', { number: patient.recordNumber })] : []), pick(summary.organisationName, language)].join(' · ')}
      </p>
      <p className="cf-print-allergies">
        {t('case.allergies')} {allergies === '' ? t('case.allergiesUnknown') : allergies}
      </p>
      <p>{t('print.asOf', { asOf: asOfMs === null ? t('common.unknown') : time(asOfMs), now: time(nowMs) })}</p>
      {KINDS.map((kind) => {
        const item = ofKind(items, kind)[0];
        if (!item) return null;
        const body: Readonly<Record<string, unknown>> = item.content.body;
        return (
          <section key={kind}>
            <h2>{t(`caseKind.${kind}`)}</h2>
            {RECORD_FIELDS[kind].map(({ name }) => (
              <p key={name}>
                <strong>{fieldLabel(kind, name, t)}</strong> <span className="cf-text">{fieldText(name, body[name], t) || t('record.empty')}</span>
              </p>
            ))}
          </section>
        );
      })}
      <section>
        <h2>{t('section.vitals')}</h2>
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
                  const flag = vitalFlag(vital, value, summary.patientAge);
                  return (
                    <td key={vital.name}>
                      {value === null ? '–' : value.toFixed(vital.decimals)} {flag === null ? '' : t(`flag.${flag}`)}
                    </td>
                  );
                })}
                <td>{about(item)}</td>
              </tr>
            ))}
          </tbody>
        </table>
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
                    <td>{flag === null ? '' : t(`flag.${flag}`)}</td>
                    <td>{referenceRange(body) ?? '–'}</td>
                    <td>{time(body.collectedAtMs)}</td>
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
          <p>
            <strong>{t('field.opinion.findings')}</strong> <span className="cf-text">{item.content.body.findings}</span>
          </p>
          <p>
            <strong>{t('field.opinion.recommendation')}</strong> <span className="cf-text">{item.content.body.recommendation}</span>
          </p>
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
      <section>
        <h2>{t('section.documents')}</h2>
        {photographs.map((item) => {
          const { title, category, attachment, takenAtMs } = item.content.body;
          const url = pictures.get(attachment.hash);
          return (
            <figure key={item.id} {...struck(item)}>
              {url !== undefined && <img src={url} alt="" />}
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
            {url !== undefined && <img src={url} alt="" className="cf-print-signature" />}
            <p>
              {signerName} · {t(`relation.${relation}`)} · {t('consent.signedAt', { time: time(signedAtMs) })}
            </p>
          </section>
        );
      })}
    </div>
  );
}
