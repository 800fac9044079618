import { useEffect, useState } from 'react';
import type { Attachment } from '#shared/domain/caseFile';
import { type AppError, toAppError } from '#shared/protocol/errors';
import { useFile } from './fileContext.ts';

export type BlobView = { readonly phase: 'loading' } | { readonly phase: 'ready'; readonly url: string; readonly blob: Blob } | { readonly phase: 'failed'; readonly error: AppError };

/** An attachment's content with an address for the page, while `isWanted`; the address is given back with the component. */
export function useBlob(attachment: Attachment, isWanted = true): BlobView {
  const { model } = useFile();
  const [view, setView] = useState<BlobView>({ phase: 'loading' });
  const { hash } = attachment;
  // The content is what its hash says, however often the entry is read anew.
  useEffect(() => {
    if (!isWanted) return;
    let isGone = false;
    let url: string | null = null;
    setView({ phase: 'loading' });
    model.read(attachment).then(
      (blob) => {
        if (isGone) return;
        url = URL.createObjectURL(blob);
        setView({ phase: 'ready', url, blob });
      },
      (error: unknown) => {
        if (!isGone) setView({ phase: 'failed', error: toAppError(error) });
      },
    );
    return () => {
      isGone = true;
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [model, hash, isWanted]);
  return view;
}
