import { useEffect, useState } from 'react';
import type { Attachment } from '#shared/domain/caseFile';
import { type AppError, toAppError } from '#shared/protocol/errors';
import { useClock } from '../../ui/text.ts';
import { useFile } from './fileContext.ts';

export type BlobView = { readonly phase: 'loading' } | { readonly phase: 'ready'; readonly url: string; readonly blob: Blob } | { readonly phase: 'failed'; readonly error: AppError };

/** How long after the machine's storage could not be used it is asked again, ms: a disk that was full may have room. */
const AGAIN_AFTER_MS = 10_000;

/** An attachment's content with an address for the page, while `isWanted`; the address is given back with the component. */
export function useBlob(attachment: Attachment, isWanted = true): BlobView {
  const { model } = useFile();
  const clock = useClock();
  const [view, setView] = useState<BlobView>({ phase: 'loading' });
  const { hash } = attachment;
  // The content is what its hash says, however often the entry is read anew.
  useEffect(() => {
    if (!isWanted) return;
    let isGone = false;
    let url: string | null = null;
    let stopWaiting: () => void = () => undefined;
    setView({ phase: 'loading' });
    const read = () => void model.read(attachment).then(
      (blob) => {
        if (isGone) return;
        url = URL.createObjectURL(blob);
        setView({ phase: 'ready', url, blob });
      },
      (error: unknown) => {
        if (isGone) return;
        const failure = toAppError(error);
        setView({ phase: 'failed', error: failure });
        if (failure.code === 'storage.unavailable') stopWaiting = clock.after(AGAIN_AFTER_MS, read);
      },
    );
    read();
    return () => {
      isGone = true;
      stopWaiting();
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [model, clock, hash, isWanted]);
  return view;
}
