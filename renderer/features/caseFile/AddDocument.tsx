import { Input, Modal, Select } from 'antd';
import { useEffect, useState } from 'react';
import type { CaseItemBody } from '#shared/domain/caseFile';
import { byteSize } from '../../i18n/format.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useClock, useText } from '../../ui/text.ts';
import { isPicture } from './DocumentCard.tsx';
import { useFile } from './fileContext.ts';
import { useWork } from './useWork.ts';

type Category = CaseItemBody<'document'>['category'];
const CATEGORIES: readonly Category[] = ['photograph', 'report', 'letter', 'still', 'other'];
const MAX_BYTES = 2_000_000_000;

/** The last look at a file before it goes into the case: what it is called and what it is. */
export function AddDocument({ file, isPhotograph, onClose }: { readonly file: File; readonly isPhotograph: boolean; readonly onClose: () => void }) {
  const { t } = useText();
  const clock = useClock();
  const { model } = useFile();
  const [title, setTitle] = useState(isPhotograph ? t('documents.photographTitle') : file.name.replace(/\.[^.]+$/, '').slice(0, 200));
  const [category, setCategory] = useState<Category>(isPhotograph || file.type.startsWith('image/') ? 'photograph' : 'report');
  const [url, setUrl] = useState<string | null>(null);
  const { isWorking, error, run } = useWork();
  useEffect(() => {
    if (!isPicture({ mediaType: file.type })) return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  const isFit = file.size > 0 && file.size <= MAX_BYTES;
  const takenAtMs = !isPhotograph && file.lastModified > 0 ? file.lastModified : clock.wallMs();
  const save = async () => {
    if (await run(() => model.addDocument(file, { category, title: title.trim(), fileName: file.name.slice(-200), takenAtMs }))) onClose();
  };
  return (
    <Modal open centered title={t('documents.addTitle')} onCancel={onClose} onOk={() => void save()} okText={t('common.save')} okButtonProps={{ disabled: title.trim() === '' || !isFit, loading: isWorking, size: 'large', className: 'cf-save-document' }} cancelButtonProps={{ size: 'large' }} mask={{ closable: false }}>
      <div className="hz-column">
        {url !== null && <img src={url} alt={t('documents.preview')} className="cf-add-preview" />}
        <p className="hz-muted hz-small">
          {file.name} · {byteSize(file.size)}
        </p>
        {!isFit && <p className="cf-problem" role="alert">{t(file.size === 0 ? 'documents.emptyFile' : 'documents.tooLarge')}</p>}
        {error && <ErrorNotice error={error} />}
        <label className="cf-field">
          <span>{t('documents.title')}</span>
          <Input value={title} onChange={(event) => setTitle(event.target.value)} maxLength={200} data-testid="document-title" />
        </label>
        <label className="cf-field" htmlFor="document-category">
          <span>{t('documents.category')}</span>
          <Select id="document-category" value={category} onChange={setCategory} options={CATEGORIES.map((value) => ({ value, label: t(`documentCategory.${value}`) }))} />
        </label>
      </div>
    </Modal>
  );
}
