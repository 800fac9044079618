import { FolderOpenOutlined, InboxOutlined, LoadingOutlined, PauseCircleOutlined, PlayCircleOutlined } from '@ant-design/icons';
import { Button, Progress } from 'antd';
import { type DragEvent, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import { byteSize } from '../../../i18n/format.ts';
import { filesOfDrop, filesOfInput } from '../../../services/imaging/importing/chosenFiles.ts';
import type { ImportModel } from '../../../state/imaging/importModel.ts';
import { ErrorNotice } from '../../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../../ui/text.ts';
import { ImportResult } from './ImportResult.tsx';
import { ImportReview } from './ImportReview.tsx';

export interface ImportFilesProps {
  readonly model: ImportModel;
  readonly caseId: CaseId;
  readonly isOnline: boolean;
  readonly onClose: () => void;
}

/** From a folder or a medium to the case, a step at a time. */
export function ImportFiles(props: ImportFilesProps) {
  const { t } = useText();
  const isElsewhere = useStore(props.model.store, (s) => s.caseId !== null && s.caseId !== props.caseId);
  return (
    <>
      {isElsewhere && <p className="hz-banner" data-testid="import-elsewhere">{t('import.elsewhere')}</p>}
      <Step {...props} />
    </>
  );
}

function Step({ model, isOnline, onClose }: ImportFilesProps) {
  const { t } = useText();
  const phase = useStore(model.store, (s) => s.phase);
  const read = useStore(model.store, (s) => s.read);
  const error = useStore(model.store, (s) => s.error);
  switch (phase) {
    case 'choosing':
      return (
        <>
          {error && <ErrorNotice error={error} />}
          <Choosing model={model} isOnline={isOnline} />
        </>
      );
    case 'finding':
    case 'reading':
      return (
        <div className="ai-step" role="status" data-testid="import-reading">
          <p>
            <LoadingOutlined /> {phase === 'finding' ? t('import.finding', { count: read.total }) : t('import.reading', { done: read.done, total: read.total })}
          </p>
          {phase === 'reading' && <Progress percent={percent(read.done, read.total)} showInfo={false} aria-label={t('import.progress')} />}
          <Button size="large" onClick={model.reset}>
            {t('common.cancel')}
          </Button>
        </div>
      );
    case 'review':
      return <ImportReview model={model} isOnline={isOnline} />;
    case 'sending':
      return <Sending model={model} />;
    default:
      return <ImportResult model={model} onClose={onClose} />;
  }
}

const percent = (done: number, of: number): number => (of === 0 ? 0 : Math.floor((100 * done) / of));

function Choosing({ model, isOnline }: Pick<ImportFilesProps, 'model' | 'isOnline'>) {
  const { t } = useText();
  const [isOver, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement) => {
    const chosen = filesOfInput(input.files ?? []);
    input.value = ''; // the same folder may be chosen again
    if (chosen.length > 0) void model.take(chosen);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (isOnline) void model.take(filesOfDrop(event.dataTransfer.items, model.found));
  };
  return (
    <div
      className="ai-drop"
      data-over={isOver}
      data-testid="import-drop"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <InboxOutlined />
      <h3>{t('import.dropHere')}</h3>
      <p className="hz-muted">{t('import.dropHelp')}</p>
      <div className="hz-row-wrap">
        <Button type="primary" size="large" icon={<FolderOpenOutlined />} disabled={!isOnline} onClick={() => folder.current?.click()}>
          {t('import.chooseFolder')}
        </Button>
        <Button size="large" disabled={!isOnline} onClick={() => files.current?.click()}>
          {t('import.chooseFiles')}
        </Button>
      </div>
      {!isOnline && <p className="hz-muted">{t('import.needsNetwork')}</p>}
      <input ref={files} type="file" multiple hidden aria-label={t('import.chooseFiles')} data-testid="import-files" onChange={(event) => take(event.target)} />
      <input ref={folder} type="file" multiple hidden {...{ webkitdirectory: '' }} aria-label={t('import.chooseFolder')} data-testid="import-folder" onChange={(event) => take(event.target)} />
    </div>
  );
}

function Sending({ model }: Pick<ImportFilesProps, 'model'>) {
  const { t } = useText();
  const progress = useStore(model.store, (s) => s.progress);
  if (progress === null) return null;
  const { files, doneFiles, bytes, doneBytes, isPaused, isWaiting } = progress;
  return (
    <div className="ai-step" data-testid="import-sending" data-waiting={isWaiting} data-paused={isPaused}>
      <p role="status">{isPaused ? t('import.paused') : isWaiting ? t('import.waiting') : t('import.sending')}</p>
      <Progress percent={percent(doneBytes, bytes)} status={isWaiting || isPaused ? 'normal' : 'active'} aria-label={t('import.progress')} />
      <p className="ai-figures">
        {t('import.figures', { done: doneFiles, total: files, doneSize: byteSize(doneBytes), size: byteSize(bytes) })}
      </p>
      <div className="hz-row-wrap">
        <Button size="large" icon={isPaused ? <PlayCircleOutlined /> : <PauseCircleOutlined />} onClick={() => model.setPaused(!isPaused)} data-testid="import-pause">
          {t(isPaused ? 'import.goOn' : 'import.pause')}
        </Button>
        <Button size="large" danger onClick={model.cancel} data-testid="import-cancel">
          {t('import.end')}
        </Button>
      </div>
      <p className="hz-muted hz-small">{t('import.sendingHelp')}</p>
    </div>
  );
}
