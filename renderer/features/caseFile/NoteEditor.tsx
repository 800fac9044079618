import { BoldOutlined, ItalicOutlined, OrderedListOutlined, UnorderedListOutlined } from '@ant-design/icons';
import Collaboration from '@tiptap/extension-collaboration';
import { type Editor, EditorContent, useEditor, useEditorState } from '@tiptap/react';
import StarterKit from '@tiptap/starter-kit';
import { Button } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import { NOTE_TEXT_FIELD } from '#shared/domain/caseFile';
import type { OpenNote } from '../../state/cases/openNotes.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { Chip } from '../../ui/parts/Chip.tsx';
import { useClock, useText } from '../../ui/text.ts';
import { useFile } from './fileContext.ts';
import { PlaceChip } from './PlaceChip.tsx';

/** A pause in typing after which the screen asks whether all is kept, ms; the model keeps it on its own, sooner. */
const ASK_AFTER_MS = 600;

/** The note's text, kept as it is typed and merged with what others type. */
export default function NoteEditor({ item }: { readonly item: ViewedItem }) {
  const { model } = useFile();
  const [note, setNote] = useState<OpenNote | null>(null);
  const { id } = item;
  useEffect(() => {
    const opened = model.openNote(id);
    setNote(opened);
    return () => opened.close();
  }, [model, id]);
  return note && note.itemId === id ? <Bound note={note} item={item} /> : null;
}

function Bound({ note, item }: { readonly note: OpenNote; readonly item: ViewedItem }) {
  const { t } = useText();
  const clock = useClock();
  const { canWrite, model } = useFile();
  const saveError = useStore(model.unkept, ({ notes }) => notes.find(({ itemId, author }) => itemId === note.itemId && author.id === model.self()?.id)?.error ?? null);
  const [isKept, setKept] = useState(true);
  const isEditable = canWrite && item.retraction === null;
  const extensions = useMemo(() => [StarterKit.configure({ undoRedo: false, link: false }), Collaboration.configure({ document: note.document, field: NOTE_TEXT_FIELD })], [note]);
  const editor = useEditor({ extensions, editable: isEditable, editorProps: { attributes: { 'aria-label': t('notes.text'), class: 'cf-editor', role: 'textbox', 'aria-multiline': 'true', 'data-testid': 'note-editor' } } }, [extensions, isEditable]);

  useEffect(() => {
    let cancel = () => {};
    const onUpdate = (_update: Uint8Array, origin: unknown) => {
      if (origin === 'server') return;
      setKept(false);
      cancel();
      cancel = clock.after(ASK_AFTER_MS, () => void note.flush().then(() => setKept(true)));
    };
    note.document.on('update', onUpdate);
    return () => {
      cancel();
      note.document.off('update', onUpdate);
    };
  }, [note, clock]);

  return (
    <div className="cf-note">
      {isEditable && editor && <Tools editor={editor} />}
      <EditorContent editor={editor} />
      <div className="hz-row-wrap" role="status" data-testid="note-state">
        {saveError ? null : isKept ? <Chip>{t('notes.kept')}</Chip> : <Chip tone="caution">{t('notes.keeping')}</Chip>}
        <PlaceChip place={item.place} />
      </div>
      {saveError && <ErrorNotice error={saveError} text={t('notes.notKept', { reason: t(`error.${saveError.code}`) })} action={<Button onClick={() => void note.flush()}>{t('common.retry')}</Button>} />}
    </div>
  );
}

function Tools({ editor }: { readonly editor: Editor }) {
  const { t } = useText();
  const active = useEditorState({ editor, selector: ({ editor: now }) => ({ bold: now.isActive('bold'), italic: now.isActive('italic'), bullets: now.isActive('bulletList'), numbers: now.isActive('orderedList') }) });
  return (
    <div className="hz-row cf-tools" role="toolbar" aria-label={t('notes.tools')}>
      <Button icon={<BoldOutlined />} aria-label={t('notes.bold')} title={t('notes.bold')} aria-pressed={active.bold} onClick={() => editor.chain().focus().toggleBold().run()} />
      <Button icon={<ItalicOutlined />} aria-label={t('notes.italic')} title={t('notes.italic')} aria-pressed={active.italic} onClick={() => editor.chain().focus().toggleItalic().run()} />
      <Button icon={<UnorderedListOutlined />} aria-label={t('notes.bullets')} title={t('notes.bullets')} aria-pressed={active.bullets} onClick={() => editor.chain().focus().toggleBulletList().run()} />
      <Button icon={<OrderedListOutlined />} aria-label={t('notes.numbers')} title={t('notes.numbers')} aria-pressed={active.numbers} onClick={() => editor.chain().focus().toggleOrderedList().run()} />
    </div>
  );
}
