import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Program } from './composition.ts';
import type { ReplayedItem } from './features/caseFile/fileContext.ts';
import { SimulatedPicture } from './services/control/simulatedPicture.ts';
import { sha256Hex } from './services/control/sha256.ts';
import { createReplayModel, type ReplayModel } from './state/control/replay/replayModel.ts';
import { saveFile } from './ui/saveFile.ts';
import { ErrorBoundary } from './ui/parts/ErrorBoundary.tsx';
import { useText } from './ui/text.ts';

const Replay = lazy(() => import('./features/control/replay/Replay.tsx').then((module) => ({ default: module.Replay })));
const VideoPane = lazy(() => import('./features/control/replay/VideoPane.tsx').then((module) => ({ default: module.VideoPane })));

export type ReplayOf = (item: ReplayedItem, onClose: () => void) => ReactNode;

const createPicture = () => new SimulatedPicture();

/** A record of remote control from the case that is open. */
export function ReplayOfCase({ program, item, onClose }: { readonly program: Program; readonly item: ReplayedItem; readonly onClose: () => void }) {
  const { t } = useText();
  const { title, attachment, control } = item;
  const [model, setModel] = useState<ReplayModel | null>(null);
  const lastHash = control?.lastHash ?? null;
  const { hash } = attachment;
  // The content is what its hash says, however often the entry is read anew.
  useEffect(() => {
    const made = createReplayModel({ read: () => program.cases.file.read(attachment), lastHash, sha256Hex, clock: program.clock });
    setModel(made);
    return () => made.close();
  }, [program, hash, lastHash]);
  const video = useCallback<Parameters<typeof Replay>[0]['video']>((at) => <VideoPane {...at} createPicture={createPicture} />, []);
  if (model === null) return null;
  return (
    <ErrorBoundary onError={(error) => program.log(error.message, 'replay')}>
      <Suspense fallback={<p role="status">{t('common.loading')}</p>}>
        <Replay model={model} title={title} video={video} onSave={(file) => saveFile(file, attachment.fileName)} onClose={onClose} />
      </Suspense>
    </ErrorBoundary>
  );
}

/** [CTL112] Records of remote control that the case does not have yet: how many, and why. */
export function RecordsWaiting({ program }: { readonly program: Program }) {
  const { t } = useText();
  const { waiting, error } = useStore(program.recordHandover.store);
  if (waiting === 0) return null;
  return (
    <div className="hz-banner" role="status" data-testid="records-waiting">
      {t('replay.waiting', { count: waiting })} {error && (error.code === 'record.notFound' ? t('replay.waitingNoCase') : t(`error.${error.code}`))}
    </div>
  );
}
