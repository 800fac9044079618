import { DeleteOutlined, EyeOutlined, FileProtectOutlined, PictureOutlined, SaveOutlined } from '@ant-design/icons';
import { Alert, Button, Input } from 'antd';
import { type FormEvent, useState } from 'react';
import { useStore } from 'zustand';
import { isOfReport } from '#shared/domain/imaging/marks';
import { drop } from '#shared/lib/drop';
import { filmTime, pick } from '../../i18n/format.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useImaging, useViewer } from './imagingContext.ts';

/** What is kept with the case: a report of the measurements, views by name, and key images. */
export function KeptSection({ isOnline }: { readonly isOnline: boolean }) {
  const { kept } = useViewer();
  const { caseId, error } = useStore(kept.store);
  if (caseId === null) return error === null ? null : <ErrorNotice error={error} />;
  return (
    <>
      {error && <ErrorNotice error={error} />}
      <SaveReport isOnline={isOnline} />
      <Views />
      <KeyImages />
    </>
  );
}

function SaveReport({ isOnline }: { readonly isOnline: boolean }) {
  const { t, language } = useText();
  const { reports, kept } = useViewer();
  const canWrite = useStore(kept.store, (s) => s.canWrite);
  const { isSaving, saved, saveError } = useStore(reports.store);
  const studyUid = useImaging((s) => s.cells[s.active]?.view?.studyUid ?? null);
  const count = useImaging((s) => s.marks.filter((mark) => mark.studyUid === studyUid && !isOfReport(mark)).length);
  if (!canWrite || count === 0) return null;
  return (
    <>
      <Button icon={<FileProtectOutlined />} loading={isSaving} disabled={!isOnline} title={isOnline ? t('report.saveHelp') : t('report.offline')} onClick={() => void reports.save(language === 'zh-CN' ? 'zh' : 'en')} data-testid="imaging-save-report">
        {t('report.save')}
      </Button>
      {saveError && <ErrorNotice error={saveError} />}
      {saved && <Alert type={saved.left > 0 || saved.written === 0 ? 'warning' : 'success'} showIcon closable={{ onClose: reports.dismissSaved }} title={saved.left > 0 ? t('report.savedSome', saved) : t('report.saved', { written: saved.written })} data-testid="imaging-report-saved" />}
    </>
  );
}

/** Views by name, opened by one press; and what the last consult showed. */
function Views() {
  const { t, language } = useText();
  const { kept, onHand } = useViewer();
  const { views, canWrite } = useStore(kept.store);
  const hasPicture = useImaging((s) => s.cells.some(({ view }) => view !== null));
  const [title, setTitle] = useState('');
  if (views.length === 0 && !canWrite) return null;
  const save = (event: FormEvent) => {
    event.preventDefault();
    const name = title.trim();
    if (name !== '') drop(kept.saveView(name).then(() => setTitle('')), 'said by the state, and the name stays to be tried again');
  };
  return (
    <section>
      <h3>{t('kept.views')}</h3>
      <ul className="im-kept">
        {views.map((view) => (
          <li key={view.id}>
            <button
              type="button"
              className="im-mark"
              title={t('kept.open')}
              onClick={() => {
                onHand('look');
                kept.openView(view);
              }}
              data-testid="imaging-view"
            >
              <EyeOutlined />
              <span className="hz-grow">
                <span>{view.body.consultId === null ? view.body.title : t('kept.lastShown')}</span>
                <span className="hz-muted hz-small">
                  {filmTime(view.changedAtMs)} · {pick(view.author.name, language)}
                </span>
              </span>
            </button>
            {canWrite && view.body.consultId === null && <Button type="text" icon={<DeleteOutlined />} aria-label={t('kept.remove', { name: view.body.title })} onClick={() => drop(kept.remove(view.id, t('kept.removed')), 'said by the state')} />}
          </li>
        ))}
      </ul>
      {canWrite && (
        <form className="im-save-view" onSubmit={save}>
          <Input value={title} maxLength={120} placeholder={t('kept.viewName')} aria-label={t('kept.viewName')} onChange={({ target }) => setTitle(target.value)} data-testid="imaging-view-name" />
          <Button htmlType="submit" icon={<SaveOutlined />} disabled={title.trim() === '' || !hasPicture} aria-label={t('kept.saveView')} title={t('kept.saveView')} data-testid="imaging-save-view" />
        </form>
      )}
    </section>
  );
}

function KeyImages() {
  const { t } = useText();
  const { kept } = useViewer();
  const { keyImages, canWrite } = useStore(kept.store);
  if (keyImages.length === 0) return null;
  return (
    <section>
      <h3>{t('kept.keyImages')}</h3>
      <ul className="im-kept" data-testid="imaging-key-images">
        {keyImages.map(({ id, body }) => (
          <li key={id}>
            <span className="im-mark">
              <PictureOutlined />
              <span className="hz-grow">
                <span>{body.title}</span>
                <span className="hz-muted hz-small">{filmTime(body.takenAtMs)}</span>
              </span>
            </span>
            {canWrite && <Button type="text" icon={<DeleteOutlined />} aria-label={t('kept.remove', { name: body.title })} onClick={() => drop(kept.remove(id, t('kept.removed')), 'said by the state')} />}
          </li>
        ))}
      </ul>
      <p className="hz-muted hz-small">{t('kept.keyImagesHelp')}</p>
    </section>
  );
}
