import type { OpinionSignature } from '#shared/domain/opinion';
import { AFRelationship, PDFDocument, type PDFImage, type PDFPage } from 'pdf-lib';
import { encode } from 'uqr';
import { canonicalJson } from '../../storage/auditChain.ts';
import { canonicalText, hashOfText } from '../canonical.ts';
import { BODY, Flow, INK, PAGE, TEXT_WIDTH, type TextStyle } from './flow.ts';
import { embedFonts, type Fonts } from './fonts.ts';
import { LABELS, partyText, patientText, timeText } from './labels.ts';
import { EMBEDDED, type KeyImageBytes, type OpinionFile } from './rendering.ts';
import { addSealField } from './sealField.ts';

const SMALL: TextStyle = { ...BODY, size: 8.5, leading: 13, color: INK.faint };
const LABEL_WIDTH = { zh: 58, en: 108 } as const;
const QR_SIZE = 74;
const QR_MARGIN = 14;

/**
 * The opinion as PDF: A4, with the canonical form, the signatures and the key images embedded, and an empty place for the seal. The
 * same input gives the same bytes.
 * @throws Error when an image is not what its type says
 */
export async function renderOpinion(file: OpinionFile): Promise<Uint8Array> {
  const { document, rendering } = file;
  const labels = LABELS[rendering.language];
  const sealedAt = new Date(rendering.sealedAtMs);
  const pdf = await PDFDocument.create({ updateMetadata: false });
  const title = document.addendumTo === null ? labels.title : labels.addendumTitle;
  pdf.setTitle(`${title} ${document.opinionId}`, { showInWindowTitleBar: true });
  pdf.setLanguage(rendering.language === 'zh' ? 'zh-CN' : 'en');
  pdf.setCreator('Huizhen');
  pdf.setProducer('Huizhen');
  pdf.setCreationDate(sealedAt);
  pdf.setModificationDate(sealedAt);

  const fonts = await embedFonts(pdf, textsOf(file));
  const flow = new Flow(pdf, fonts);
  addFront(flow, file, title);
  addSections(flow, file);
  await addKeyImages(flow, pdf, file);
  addSignatures(flow, file);
  for (const [index, page] of flow.pages.entries()) addFrame(page, fonts, file, index + 1, flow.pages.length);
  await embed(pdf, file, sealedAt);
  addSealField(pdf, flow.page, sealedAt);
  return pdf.save({ useObjectStreams: false, addDefaultPage: false, updateFieldAppearances: false });
}

/** Every text that may be printed, for the typefaces; more than is needed does no harm. */
function textsOf({ document, rendering, signatures }: OpinionFile): string[] {
  const labels = LABELS[rendering.language];
  // Only where they are printed: the typefaces of files made before must come out the same.
  const sources = document.content.keyImages.flatMap(({ source }) => (source === undefined ? [] : [labels.picture(source)]));
  const numbers = [...sources, labels.addendumTo('', 0), labels.age(0), labels.image(0), labels.number('', 0), labels.page(0, 0)];
  const asciiAndPunctuation = `${String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index))}（）·、，　`;
  return [JSON.stringify(labels), ...numbers, asciiAndPunctuation, canonicalJson(document), canonicalJson(signatures), rendering.timeZone];
}

function addFront(flow: Flow, { document, rendering }: OpinionFile, title: string): void {
  const { language, timeZone } = rendering;
  const labels = LABELS[language];
  const beside: TextStyle = { ...BODY, outdent: QR_SIZE + QR_MARGIN };
  const top = flow.y;
  drawQr(flow.page, rendering.checkAddress, PAGE.width - PAGE.right - QR_SIZE, top - QR_SIZE);
  flow.space(8);
  flow.text(title, { ...beside, weight: 'bold', size: language === 'zh' ? 24 : 20, leading: 32 });
  if (document.addendumTo !== null) flow.text(labels.addendumTo(document.addendumTo.opinionId, document.addendumTo.version), { ...beside, color: INK.faint });
  flow.space(Math.max(0, flow.y - (top - QR_SIZE - 8)));
  flow.rule();
  const rows: readonly (readonly [string, string])[] = [
    [labels.applying, document.applying.organisationName[language]],
    [labels.consultedAt, timeText(document.consultedAtMs, timeZone)],
    [labels.panel, document.panel.map((party) => partyText(party, language)).join(language === 'zh' ? '、' : '; ')],
    [labels.question, document.question],
    [labels.applyingDiagnosis, document.applyingDiagnosis],
  ];
  flow.space(4);
  for (const [label, text] of rows) if (text !== '') flow.labelled(label, text, LABEL_WIDTH[language], BODY);
  flow.rule();
}

function addSections(flow: Flow, { document, rendering: { language } }: OpinionFile): void {
  const labels = LABELS[language];
  const { content, panel } = document;
  for (const part of ['summary', 'findings', 'diagnosis', 'recommendations'] as const) {
    if (content[part].trim() === '') continue;
    flow.heading(labels[part]);
    flow.text(content[part], BODY);
  }
  flow.heading(labels.disagreements);
  if (content.disagreements.length === 0) flow.text(labels.none, BODY);
  for (const { personIds, text } of content.disagreements) {
    const names = panel.filter(({ id }) => personIds.some((personId) => personId === id)).map((party) => partyText(party, language));
    flow.text(names.join(language === 'zh' ? '、' : '; '), { ...BODY, weight: 'bold' });
    flow.text(text, { ...BODY, indent: 12 });
  }
}

async function addKeyImages(flow: Flow, pdf: PDFDocument, { document, images, rendering: { language } }: OpinionFile): Promise<void> {
  const labels = LABELS[language];
  const { keyImages } = document.content;
  if (keyImages.length === 0) return;
  const pictures = new Map<string, PDFImage>();
  for (const image of images) pictures.set(image.hash, await pictureOf(pdf, image));
  const first = pictures.get(keyImages[0]?.attachment.hash ?? '');
  flow.heading(labels.keyImages, first === undefined ? undefined : Flow.imageHeight(first));
  for (const [index, { caption, attachment, source }] of keyImages.entries()) {
    const image = pictures.get(attachment.hash);
    if (image !== undefined) flow.image(image);
    const name = [labels.image(index + 1), caption === '' ? attachment.fileName : caption].join(labels.separator);
    flow.text(image === undefined ? `${name}${labels.separator}(${labels.notDrawn})` : name, BODY);
    if (source !== undefined) flow.text(labels.picture(source), SMALL);
    flow.text(`SHA-256 ${attachment.hash}`, SMALL);
    flow.space(6);
  }
}

async function pictureOf(pdf: PDFDocument, { mediaType, bytes }: KeyImageBytes): Promise<PDFImage> {
  return mediaType === 'image/jpeg' ? pdf.embedJpg(bytes) : pdf.embedPng(bytes);
}

function addSignatures(flow: Flow, { document, signatures, rendering }: OpinionFile): void {
  const { language, timeZone } = rendering;
  const labels = LABELS[language];
  flow.heading(labels.signatures);
  for (const { statement } of signatures) {
    flow.reserve(BODY.leading + 2 * SMALL.leading);
    flow.text(`${statement.position}. ${signerText(document.panel, statement, language)}`, { ...BODY, weight: 'bold' });
    flow.text([`${labels.signedAt}${labels.colon}${timeText(statement.signedAtMs, timeZone)}`, labels.algorithm[statement.algorithm]].join(labels.separator), { ...SMALL, indent: 16 });
    flow.text(`${labels.certificate}${labels.colon}${statement.certificateFingerprint}`, { ...SMALL, indent: 16 });
    flow.space(4);
  }
  flow.reserve(8 + 5 * SMALL.leading);
  flow.rule();
  flow.space(2);
  flow.text(labels.advice, SMALL);
  flow.text(labels.checking, SMALL);
  flow.text(`${labels.documentHash}${labels.colon}${hashOfText(canonicalText(document))}`, SMALL);
  flow.text(`${labels.authority}${labels.colon}${rendering.authorityFingerprint}`, SMALL);
}

function signerText(panel: OpinionFile['document']['panel'], { personId }: OpinionSignature['statement'], language: OpinionFile['rendering']['language']): string {
  const party = panel.find(({ id }) => id === personId);
  return party === undefined ? personId : partyText(party, language);
}

/** Head and foot: whose opinion, which one, which page. */
function addFrame(page: PDFPage, { regular, bold }: Fonts, { document, rendering: { language } }: OpinionFile, number: number, count: number): void {
  const labels = LABELS[language];
  const size = 9;
  const headY = PAGE.height - 52;
  const patient = fitted(bold.printable(patientText(document, language)), (text) => bold.width(text, size), TEXT_WIDTH);
  page.drawText(patient, { x: PAGE.left, y: headY, size, font: bold.font, color: INK.text });
  const above = fitted(regular.printable(document.applying.organisationName[language]), (text) => regular.width(text, 8), TEXT_WIDTH);
  page.drawText(above, { x: PAGE.left, y: headY + 14, size: 8, font: regular.font, color: INK.faint });
  page.drawLine({ start: { x: PAGE.left, y: headY - 8 }, end: { x: PAGE.width - PAGE.right, y: headY - 8 }, thickness: 0.8, color: INK.accent });
  const footY = 40;
  page.drawText(regular.printable(labels.number(document.opinionId, document.version)), { x: PAGE.left, y: footY, size: 8, font: regular.font, color: INK.faint });
  const pageText = labels.page(number, count);
  page.drawText(pageText, { x: PAGE.width - PAGE.right - regular.width(pageText, 8), y: footY, size: 8, font: regular.font, color: INK.faint });
}

/** Cut with an ellipsis where it is wider than the page: the whole of it stands in the canonical form. */
function fitted(text: string, measure: (text: string) => number, width: number): string {
  if (measure(text) <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 1 && measure(`${characters.join('')}...`) > width) characters.pop();
  return `${characters.join('')}...`;
}

/** Runs of dark modules in a row are one rectangle: no seams between them in print. */
function drawQr(page: PDFPage, text: string, x: number, y: number): void {
  const { data, size } = encode(text, { ecc: 'M', border: 0 });
  const module = QR_SIZE / size;
  for (const [row, modules] of data.entries()) {
    for (let from = 0; from < size; from += 1) {
      if (modules[from] !== true) continue;
      let to = from;
      while (modules[to + 1] === true) to += 1;
      page.drawRectangle({ x: x + from * module, y: y + QR_SIZE - (row + 1) * module, width: (to - from + 1) * module, height: module, color: INK.text });
      from = to;
    }
  }
}

async function embed(pdf: PDFDocument, { document, signatures, images, rendering, authorityCertificate, sealCertificate }: OpinionFile, at: Date): Promise<void> {
  const attach = (bytes: Uint8Array, name: string, mimeType: string, description: string, relation = AFRelationship.Data) =>
    pdf.attach(bytes, name, { mimeType, description, creationDate: at, modificationDate: at, afRelationship: relation });
  const json = (value: unknown) => Buffer.from(canonicalJson(value), 'utf8');
  await attach(Buffer.from(canonicalText(document), 'utf8'), EMBEDDED.document, 'application/json', 'canonical form (RFC 8785)', AFRelationship.Source);
  await attach(json(signatures), EMBEDDED.signatures, 'application/json', 'signatures over the canonical form');
  await attach(json(rendering), EMBEDDED.rendering, 'application/json', 'what the pages were made with');
  await attach(authorityCertificate, EMBEDDED.authority, 'application/pkix-cert', "the installation's authority");
  await attach(sealCertificate, EMBEDDED.seal, 'application/pkix-cert', "the installation's seal");
  for (const { hash, mediaType, bytes } of images) await attach(bytes, EMBEDDED.image(hash, mediaType), mediaType, 'key image');
}
