import { ControlOutlined, FileImageOutlined, FileOutlined, FilePdfOutlined } from '@ant-design/icons';
import { Skeleton } from 'antd';
import type { CaseItemBody } from '#shared/domain/caseFile';
import { byteSize, clockTime } from '../../i18n/format.ts';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { PlaceChip } from './PlaceChip.tsx';
import { RetractButton, RetractionLine } from './RetractButton.tsx';
import { useBlob } from './useBlob.ts';

export type DocumentItem = ViewedItem & { readonly content: { readonly kind: 'document'; readonly body: CaseItemBody<'document'> } };

/** A picture larger than this is opened by hand only: a grid of them would fill the memory. */
const THUMBNAIL_MAX_BYTES = 24_000_000;

export const isPicture = ({ mediaType }: { readonly mediaType: string }) => /^image\/(png|jpeg|webp|gif|avif|bmp)$/.test(mediaType);

/** A photograph or paper: its picture or the sign of its type, its title, and where it is. */
export function DocumentCard({ item, onOpen }: { readonly item: DocumentItem; readonly onOpen: () => void }) {
  const { t, language } = useText();
  const { title, category, takenAtMs, attachment } = item.content.body;
  const { wallMs } = useNow(60_000);
  return (
    <li className="cf-document" data-retracted={item.retraction !== null} data-testid={`document-${item.id}`}>
      <button type="button" className="cf-thumb" onClick={onOpen} aria-label={t('documents.openNamed', { title })}>
        <Thumbnail item={item} />
      </button>
      <div className="cf-document-text">
        <strong title={title}>{title}</strong>
        <span className="hz-muted hz-small">
          {t(`documentCategory.${category}`)} · {clockTime(takenAtMs, wallMs, language)} · {byteSize(attachment.sizeBytes)}
        </span>
        <span className="hz-row">
          <PlaceChip place={item.place} />
          <span className="hz-grow" />
          <RetractButton item={item} name={title} />
        </span>
        <RetractionLine item={item} />
      </div>
    </li>
  );
}

function Thumbnail({ item }: { readonly item: DocumentItem }) {
  const { t } = useText();
  const { attachment } = item.content.body;
  const isShown = isPicture(attachment) && attachment.sizeBytes <= THUMBNAIL_MAX_BYTES;
  const view = useBlob(attachment, isShown);
  if (item.content.body.category === 'controlRecord') return <><ControlOutlined /><span className="hz-small">{t('replay.open')}</span></>;
  if (!isShown) return attachment.mediaType === 'application/pdf' ? <FilePdfOutlined /> : isPicture(attachment) ? <FileImageOutlined /> : <FileOutlined />;
  switch (view.phase) {
    case 'loading':
      return <Skeleton.Node active style={{ width: '100%', height: '100%' }} />;
    case 'ready':
      return <img src={view.url} alt="" loading="lazy" decoding="async" />;
    case 'failed':
      return (
        <span className="cf-thumb-failed">
          <FileImageOutlined />
          <span className="hz-small">{t(view.error.category === 'network' ? 'documents.notHere' : `error.${view.error.code}`)}</span>
        </span>
      );
  }
}
