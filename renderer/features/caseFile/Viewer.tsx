import { DownloadOutlined, ZoomInOutlined, ZoomOutOutlined } from '@ant-design/icons';
import { Button, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { byteSize } from '../../i18n/format.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { saveFile } from '../../ui/saveFile.ts';
import { useText } from '../../ui/text.ts';
import { type DocumentItem, isPicture } from './DocumentCard.tsx';
import { useBlob } from './useBlob.ts';

/** A document over the whole window: pictures to fit or pixel for pixel, others to be saved and opened by their own program. */
export function Viewer({ item, onClose }: { readonly item: DocumentItem; readonly onClose: () => void }) {
  const { t } = useText();
  const { title, attachment } = item.content.body;
  const view = useBlob(attachment);
  const [isFull, setFull] = useState(false);
  return (
    <Modal
      open
      centered
      width="min(1400px, 96vw)"
      title={title}
      onCancel={onClose}
      footer={
        <div className="hz-row-wrap" style={{ justifyContent: 'flex-end' }}>
          {isPicture(attachment) && (
            <Button icon={isFull ? <ZoomOutOutlined /> : <ZoomInOutlined />} onClick={() => setFull(!isFull)} aria-pressed={isFull}>
              {t(isFull ? 'documents.fit' : 'documents.fullSize')}
            </Button>
          )}
          <Button icon={<DownloadOutlined />} disabled={view.phase !== 'ready'} onClick={() => (view.phase === 'ready' ? saveFile(view.blob, attachment.fileName) : undefined)}>
            {t('documents.save')}
          </Button>
          <Button type="primary" onClick={onClose}>
            {t('common.close')}
          </Button>
        </div>
      }
    >
      <div tabIndex={0} role="group" aria-label={title} className="cf-viewer" data-full={isFull} data-testid="viewer">
        {view.phase === 'loading' && <Skeleton active title={false} paragraph={{ rows: 8 }} />}
        {view.phase === 'failed' && <ErrorNotice error={view.error} {...(view.error.category === 'network' ? { text: t('documents.notHereLong') } : {})} />}
        {view.phase === 'ready' && (isPicture(attachment) ? <img src={view.url} alt={title} /> : <p>{t('documents.noPreview', { name: attachment.fileName, size: byteSize(attachment.sizeBytes) })}</p>)}
      </div>
    </Modal>
  );
}
