import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import type { OpinionContent } from '#shared/domain/opinion';
import type { Opinion } from '#shared/protocol/opinions';
import { fullName, pick, shortName } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { type OpinionSubject, useOpinionScreen } from './opinionContext.ts';
import { panelOptions } from './panelText.ts';
import { Signers } from './Signers.tsx';

const SECTIONS = ['summary', 'findings', 'diagnosis', 'recommendations'] as const;

export interface SheetProps {
  readonly opinion: Opinion;
  readonly content: OpinionContent;
  readonly versionNumber: number;
  /** Null: it is only read. */
  readonly onEdit: ((change: Partial<OpinionContent>) => void) | null;
  /** Parts that a submission lacks are marked. */
  readonly lacks: (part: 'diagnosis' | 'recommendations' | 'signers' | 'disagreementText') => boolean;
}

/** The opinion as it is printed: an A4 sheet with title, whom it is about, what the panel says, and who signs. */
export function Sheet({ opinion, content, versionNumber, onEdit, lacks }: SheetProps) {
  const { t, language } = useText();
  const { subject } = useOpinionScreen();
  return (
    <article className="op-sheet" aria-label={t('opinionDoc.title')} data-testid="opinion-sheet">
      <header>
        {subject && <p className="op-hospital">{pick(subject.hospital, language)}</p>}
        <h1>{t(opinion.addendumTo === null ? 'opinionDoc.title' : 'opinionDoc.addendumTitle')}</h1>
        <p className="op-number">{versionNumber === 0 ? t('opinionDoc.numberNew', { id: opinion.id.slice(0, 8) }) : t('opinionDoc.number', { id: opinion.id.slice(0, 8), version: versionNumber })}</p>
      </header>
      {opinion.addendumTo !== null && <p className="op-note">{t('opinionDoc.addsTo', { id: opinion.addendumTo.opinionId.slice(0, 8), version: opinion.addendumTo.version, hash: opinion.addendumTo.documentHash.slice(0, 16) })}</p>}
      <SubjectLines subject={subject} />
      {subject && opinion.documentHash !== null && <p className="op-note">{t('opinionDoc.subjectNow')}</p>}
      <p className="op-panel-line">
        <strong>{t('opinionDoc.panel')}</strong> {opinion.panel.map((party) => fullName(party, language)).join(t('common.listComma'))}
      </p>
      {SECTIONS.map((name) => (
        <section key={name}>
          <h2 id={`op-${name}`}>{t(`opinionDoc.${name}`)}</h2>
          {onEdit === null ? (
            <p className="op-text">{content[name] === '' ? t('opinionDoc.nothing') : content[name]}</p>
          ) : (
            <Input.TextArea className="op-input" variant="borderless" autoSize={{ minRows: name === 'summary' || name === 'findings' ? 3 : 2 }} maxLength={20_000} value={content[name]} placeholder={t(`opinionDoc.${name}Hint`)} aria-labelledby={`op-${name}`} status={(name === 'diagnosis' || name === 'recommendations') && lacks(name) ? 'warning' : ''} onChange={(event) => onEdit({ [name]: event.target.value })} data-testid={`opinion-${name}`} />
          )}
        </section>
      ))}
      <Disagreements opinion={opinion} content={content} onEdit={onEdit} isLacking={lacks('disagreementText')} />
      <KeyImages content={content} onEdit={onEdit} />
      <Signers opinion={opinion} content={content} onEdit={onEdit} isLacking={lacks('signers')} />
    </article>
  );
}

function SubjectLines({ subject }: { readonly subject: OpinionSubject | null }) {
  const { t } = useText();
  const { caseDoor } = useOpinionScreen();
  if (subject === null && caseDoor !== null) return caseDoor;
  if (subject === null) return <p className="op-note">{t('opinionDoc.noCase')}</p>;
  const facts = [subject.patientName, t(`sex.${subject.sex}`), ...(subject.ageYears === null ? [] : [t('patient.age', { count: subject.ageYears })]), ...(subject.recordNumber === null ? [] : [t('case.recordNumber', { number: subject.recordNumber })])];
  return (
    <dl className="op-subject">
      <div>
        <dt>{t('opinionDoc.patient')}</dt>
        <dd data-testid="opinion-patient">{facts.join(' · ')}</dd>
      </div>
      <div>
        <dt>{t('opinionDoc.question')}</dt>
        <dd>{subject.question === '' ? t('opinionDoc.nothing') : subject.question}</dd>
      </div>
      <div>
        <dt>{t('opinionDoc.applyingDiagnosis')}</dt>
        <dd>{subject.diagnosis === '' ? t('opinionDoc.nothing') : subject.diagnosis}</dd>
      </div>
    </dl>
  );
}

type PartProps = Pick<SheetProps, 'content' | 'onEdit'>;

/** Where the panel does not agree, each with who says so. */
function Disagreements({ opinion, content, onEdit, isLacking }: PartProps & { readonly opinion: Opinion; readonly isLacking: boolean }) {
  const { t, language } = useText();
  const { disagreements } = content;
  if (onEdit === null && disagreements.length === 0) return null;
  const names = (ids: readonly string[]) => opinion.panel.filter(({ id }) => ids.includes(id)).map((party) => shortName(party, language));
  const change = (index: number, part: Partial<(typeof disagreements)[number]>) => onEdit?.({ disagreements: disagreements.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  return (
    <section>
      <h2>{t('opinionDoc.disagreements')}</h2>
      {disagreements.map((one, index) =>
        onEdit === null ? (
          <p key={index} className="op-text">
            <strong>{names(one.personIds).join(t('common.listComma'))}</strong> {one.text}
          </p>
        ) : (
          <div key={index} className="op-disagreement">
            <Select mode="multiple" className="hz-grow" aria-label={t('opinionDoc.whoDisagrees')} placeholder={t('opinionDoc.whoDisagrees')} value={[...one.personIds]} options={panelOptions(opinion.panel, language)} onChange={(personIds) => (personIds.length > 0 ? change(index, { personIds }) : undefined)} />
            <Button type="text" icon={<DeleteOutlined />} aria-label={t('opinionDoc.removeDisagreement', { count: index + 1 })} onClick={() => onEdit({ disagreements: disagreements.filter((_, at) => at !== index) })} />
            <Input.TextArea className="op-input" variant="borderless" autoSize={{ minRows: 2 }} maxLength={4000} value={one.text} aria-label={t('opinionDoc.disagreementText', { count: index + 1 })} placeholder={t('opinionDoc.disagreementHint')} status={isLacking && one.text.trim() === '' ? 'warning' : ''} onChange={(event) => change(index, { text: event.target.value })} />
          </div>
        ),
      )}
      {onEdit !== null && <AddDisagreement opinion={opinion} content={content} onEdit={onEdit} />}
    </section>
  );
}

function AddDisagreement({ opinion, content, onEdit }: { readonly opinion: Opinion; readonly content: OpinionContent; readonly onEdit: NonNullable<SheetProps['onEdit']> }) {
  const { t, language } = useText();
  const { self } = useOpinionScreen();
  // Whoever presses usually means themselves.
  const first = panelOptions([...opinion.panel].sort((a, b) => Number(b.id === self.id) - Number(a.id === self.id)), language)[0];
  if (first === undefined) return null;
  return (
    <Button className="op-add" type="dashed" icon={<PlusOutlined />} onClick={() => onEdit({ disagreements: [...content.disagreements, { personIds: [first.value], text: '' }] })} data-testid="add-disagreement">
      {t('opinionDoc.addDisagreement')}
    </Button>
  );
}

function KeyImages({ content, onEdit }: PartProps) {
  const { t } = useText();
  const { images } = useOpinionScreen();
  const { keyImages } = content;
  const open = images.filter(({ attachment }) => !keyImages.some((one) => one.attachment.hash === attachment.hash));
  if (keyImages.length === 0 && (onEdit === null || open.length === 0)) return null;
  return (
    <section>
      <h2>{t('opinionDoc.keyImages')}</h2>
      <ol className="op-images">
        {keyImages.map((one, index) => (
          <li key={one.attachment.hash} className="hz-row">
            {onEdit === null ? (
              <span>{one.caption === '' ? one.attachment.fileName : one.caption}</span>
            ) : (
              <>
                <Input value={one.caption} maxLength={200} aria-label={t('opinionDoc.caption', { name: one.attachment.fileName })} onChange={(event) => onEdit({ keyImages: keyImages.map((other, at) => (at === index ? { ...other, caption: event.target.value } : other)) })} />
                <Button type="text" icon={<DeleteOutlined />} aria-label={t('opinionDoc.removeImage', { name: one.attachment.fileName })} onClick={() => onEdit({ keyImages: keyImages.filter((_, at) => at !== index) })} />
              </>
            )}
          </li>
        ))}
      </ol>
      {onEdit !== null && open.length > 0 && keyImages.length < 24 && (
        <Select
          className="op-add"
          value={null}
          aria-label={t('opinionDoc.addImage')}
          placeholder={t('opinionDoc.addImage')}
          data-testid="opinion-add-image"
          options={open.map(({ title, attachment, source }) => ({ value: attachment.hash, label: source === null ? `${title} (${attachment.fileName})` : t('opinionDoc.keyImageOf', { title }) }))}
          onChange={(hash: string | null) => {
            const image = open.find(({ attachment }) => attachment.hash === hash);
            if (image) onEdit({ keyImages: [...keyImages, { caption: image.title, attachment: image.attachment, ...(image.source === null ? {} : { source: image.source }) }] });
          }}
        />
      )}
    </section>
  );
}
