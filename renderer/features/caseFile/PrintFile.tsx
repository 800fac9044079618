import { useEffect, useRef, useState } from 'react';
import { createPortal, flushSync } from 'react-dom';
import type { Attachment } from '#shared/domain/caseFile';
import { drop } from '#shared/lib/drop';
import { toAppError } from '#shared/protocol/errors';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { isPicture } from './DocumentCard.tsx';
import { useCase, useFile } from './fileContext.ts';
import { Paper } from './PrintPaper.tsx';

/** Pictures larger than this are named and not printed. */
const PICTURE_MAX_BYTES = 30_000_000;

/** The pictures and signatures of a file that go on paper. */
function printedPictures(items: readonly ViewedItem[]): Attachment[] {
  return items.flatMap(({ content }): Attachment[] => {
    if (content.kind === 'consent') return [content.body.signature];
    return content.kind === 'document' && isPicture(content.body.attachment) && content.body.attachment.sizeBytes <= PICTURE_MAX_BYTES ? [content.body.attachment] : [];
  });
}

/** A picture that is not on this machine, damaged, or out of reach without a network: the paper says where it is missing. */
function nothingIfExpected(error: unknown): null {
  if (toAppError(error).category === 'bug') throw error;
  return null;
}

/**
 * The whole file on paper or as PDF, black on white, instead of the screen. `askedCount` rises with each press of the button; Ctrl+P
 * does the same. Both fetch the pictures first. Printing that the browser begins by itself (its menu) cannot wait: it gets all text,
 * and says where a picture is missing.
 */
export function PrintFile({ askedCount }: { readonly askedCount: number }) {
  const { t } = useText();
  const { model } = useFile();
  const items = useCase((s) => s.items);
  const newest = useRef(items);
  newest.current = items;
  const [pictures, setPictures] = useState<ReadonlyMap<string, string> | null>(null);
  // A second press while the first is under way changes nothing.
  const [isAsked, setAsked] = useState(false);
  const isLoading = isAsked && pictures === null;
  const [failure, setFailure] = useState<unknown>(null);
  if (failure !== null) throw failure; // a defect of the program: the boundary around the case says so

  useEffect(() => {
    if (askedCount > 0) setAsked(true);
  }, [askedCount]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== 'p') return;
      event.preventDefault();
      setAsked(true);
    };
    // The page is drawn for paper when this returns.
    const onBefore = () => flushSync(() => setPictures((present) => present ?? new Map()));
    const onAfter = () => {
      setPictures(null);
      setAsked(false);
    };
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('beforeprint', onBefore);
    window.addEventListener('afterprint', onAfter);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('beforeprint', onBefore);
      window.removeEventListener('afterprint', onAfter);
    };
  }, []);

  // What is printed is what was there when it was asked for.
  useEffect(() => {
    if (!isAsked) return;
    let isGone = false;
    const urls = new Map<string, string>();
    const load = async () => {
      for (const attachment of printedPictures(newest.current)) {
        const blob = await model.read(attachment).catch(nothingIfExpected);
        if (isGone) return;
        if (!blob) continue;
        const url = URL.createObjectURL(blob);
        urls.set(attachment.hash, url);
        // One that is no picture is said not to be there, as one that is not on this machine: an empty place on paper tells nobody.
        const isPicture = await isDrawable(url);
        if (isGone) return;
        if (isPicture) continue;
        URL.revokeObjectURL(url);
        urls.delete(attachment.hash);
      }
      setPictures(urls);
    };
    load().catch(setFailure);
    return () => {
      isGone = true;
      for (const url of urls.values()) URL.revokeObjectURL(url);
    };
  }, [isAsked, model]);

  useEffect(() => {
    if (!isAsked || pictures === null) return;
    const images = [...document.querySelectorAll<HTMLImageElement>('.cf-print img')];
    let isGone = false;
    drop(
      Promise.allSettled(images.map((image) => image.decode())).then(() => {
        if (!isGone) window.print();
      }),
      'a window that cannot print has said so',
    );
    return () => {
      isGone = true;
    };
  }, [isAsked, pictures]);

  return (
    <>
      {isLoading && (
        <p role="status" className="cf-print-wait">
          {t('print.preparing')}
        </p>
      )}
      {pictures && createPortal(<Paper pictures={pictures} printedBy={model.self()} />, document.body)}
    </>
  );
}

function isDrawable(url: string): Promise<boolean> {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => true, () => false);
}
