import { CameraOutlined, FileAddOutlined, ScanOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useRef, useState } from 'react';
import { byteSize, clockTime } from '../../i18n/format.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { AddDocument } from './AddDocument.tsx';
import { DocumentCard, type DocumentItem } from './DocumentCard.tsx';
import { useCase, useFile } from './fileContext.ts';
import { Nothing, Section } from './Section.tsx';
import { Viewer } from './Viewer.tsx';

/** Photographs and papers as a grid, studies as a list; both are added from a file or the camera. */
export function DocumentsSection() {
  const { t } = useText();
  const { canWrite, replay } = useFile();
  const items = useCase((s) => s.items);
  const [chosen, setChosen] = useState<{ readonly file: File; readonly isPhotograph: boolean } | null>(null);
  const [shown, setShown] = useState<DocumentItem | null>(null);
  const camera = useRef<HTMLInputElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const documents = ofKind(items, 'document');
  const papers = documents.filter(({ content }) => content.body.category !== 'dicom');
  const slices = documents.filter(({ content }) => content.body.category === 'dicom');
  const take = (input: HTMLInputElement, isPhotograph: boolean) => {
    const file = input.files?.[0];
    if (file) setChosen({ file, isPhotograph });
    input.value = ''; // the same file may be chosen again
  };
  return (
    <div className="hz-column">
      <Section
        title={t('section.documents')}
        action={
          canWrite ? (
            <div className="hz-row-wrap">
              <Button type="primary" size="large" icon={<CameraOutlined />} onClick={() => camera.current?.click()} data-testid="take-photograph">
                {t('documents.photograph')}
              </Button>
              <Button size="large" icon={<FileAddOutlined />} onClick={() => picker.current?.click()} data-testid="choose-file">
                {t('documents.file')}
              </Button>
              <input ref={camera} type="file" accept="image/*" capture="environment" hidden onChange={(event) => take(event.currentTarget, true)} data-testid="camera-input" />
              <input ref={picker} type="file" hidden onChange={(event) => take(event.currentTarget, false)} data-testid="file-input" />
            </div>
          ) : null
        }
      >
        {papers.length === 0 && <Nothing text={t('documents.none')} />}
        <ul className="cf-grid">
          {papers.map((item) => (
            <DocumentCard key={item.id} item={item} onOpen={() => setShown(item)} />
          ))}
        </ul>
      </Section>
      <Imaging slices={slices} />
      {chosen && <AddDocument file={chosen.file} isPhotograph={chosen.isPhotograph} onClose={() => setChosen(null)} />}
      {shown && (replay !== null && shown.content.body.category === 'controlRecord' ? replay(shown.content.body, () => setShown(null)) : <Viewer item={shown} onClose={() => setShown(null)} />)}
    </div>
  );
}

function Imaging({ slices }: { readonly slices: readonly DocumentItem[] }) {
  const { t, language } = useText();
  const items = useCase((s) => s.items);
  const studies = ofKind(items, 'imaging');
  const { wallMs } = useNow(60_000);
  const bytes = slices.reduce((sum, { content }) => sum + content.body.attachment.sizeBytes, 0);
  return (
    <Section title={t('documents.imaging')}>
      {studies.length === 0 && slices.length === 0 && <Nothing text={t('documents.noImaging')} />}
      <ul className="cf-studies">
        {studies.map((item) => (
          <li key={item.id} data-retracted={item.retraction !== null}>
            <ScanOutlined />
            <div className="hz-grow">
              <strong>
                {item.content.body.modality} · {item.content.body.description}
              </strong>
              <p className="hz-muted hz-small">
                {clockTime(item.content.body.studiedAtMs, wallMs, language)} · {t('documents.series', { count: item.content.body.seriesCount })}
              </p>
            </div>
          </li>
        ))}
        {slices.length > 0 && (
          <li>
            <ScanOutlined />
            <div className="hz-grow">
              <strong>{t('documents.slices', { count: slices.length })}</strong>
              <p className="hz-muted hz-small">{byteSize(bytes)}</p>
            </div>
          </li>
        )}
      </ul>
      <p className="hz-muted hz-small">{t('documents.imagingHelp')}</p>
    </Section>
  );
}
