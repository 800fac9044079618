import { FullscreenExitOutlined, FullscreenOutlined, MenuFoldOutlined, MenuUnfoldOutlined, PlusOutlined } from '@ant-design/icons';
import { Alert, Button } from 'antd';
import { type DragEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import type { AnalysisModel } from '../../state/imaging/analysisModel.ts';
import type { ImagingModel } from '../../state/imaging/imagingModel.ts';
import type { KeptModel } from '../../state/imaging/keptModel.ts';
import type { ReportModel } from '../../state/imaging/reportModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { AnalysisResults } from './AnalysisResults.tsx';
import { ArrowWord } from './ArrowWord.tsx';
import { CaptureButton } from './CaptureButton.tsx';
import { Cell } from './Cell.tsx';
import { CineBar } from './CineBar.tsx';
import { type HandKind, ImagingContext, type ImagingContextValue, useImaging, useViewer } from './imagingContext.ts';
import { KeptSection } from './KeptSection.tsx';
import { MarkList } from './MarkList.tsx';
import { ReportDialog } from './ReportDialog.tsx';
import { StudyList, type ThumbnailOf } from './StudyList.tsx';
import { Toolbar } from './Toolbar.tsx';
import { useImagingKeys } from './useImagingKeys.ts';
import './imaging.css';

export interface ImagingViewerProps {
  readonly model: ImagingModel;
  readonly analysis: AnalysisModel;
  readonly kept: KeptModel;
  readonly reports: ReportModel;
  readonly caseId: CaseId;
  readonly isOnline: boolean;
  readonly selfId: string;
  /** Stands on key images. */
  readonly selfName: string;
  readonly thumbnailOf: ThumbnailOf;
  readonly colourOf: (authorId: string) => string;
  /** Told when a person's hand looks elsewhere or draws; nothing where nobody follows. */
  readonly onHand: (kind: HandKind) => void;
  /** Above the pictures: who presents, following. */
  readonly banner: ReactNode;
  /** The presenter's colour, drawn around the pictures; null: none. */
  readonly ring: string | null;
  /** Where the presenter points. */
  readonly pointer: ImagingContextValue['pointer'];
  /** False: list and marks stand elsewhere (`ImagingSide`). */
  readonly hasSide: boolean;
  /** Told when the studies can be read. */
  readonly onReady: (() => void) | null;
  readonly onAdd: ImagingContextValue['onAdd'];
  readonly copies: ImagingContextValue['copies'];
  /** Takes files that were dropped on the images; called within the event. Null: not for this account, or without a network. */
  readonly onDropped: ((items: DataTransferItemList) => void) | null;
  /** Opens the newest study by itself when nothing hangs yet. */
  readonly opensNewest: boolean;
}

/** A case's images: the list, the tools, the pictures. */
export default function ImagingViewer(props: ImagingViewerProps) {
  const { model, analysis, kept, reports, caseId, onHand, pointer, onReady, onAdd, copies } = props;
  const context = useMemo(() => ({ model, analysis, kept, reports, onHand, pointer, onAdd, copies }), [model, analysis, kept, reports, onHand, pointer, onAdd, copies]);
  useEffect(() => {
    void model.open(caseId);
    return () => model.close();
  }, [model, caseId]);
  const phase = useStore(model.store, (s) => s.phase);
  const isEmpty = useStore(model.store, (s) => s.studies.length === 0);
  const { isOnline } = props;
  useEffect(() => {
    copies?.model.open(caseId);
    return () => copies?.model.close();
  }, [copies?.model, caseId]);
  // What was read from this machine's copy, or not at all, is asked of the server when it is back.
  const wasOffline = useRef(!isOnline);
  useEffect(() => {
    if (isOnline && wasOffline.current) void model.refresh();
    wasOffline.current = !isOnline;
  }, [model, isOnline]);
  useEffect(() => {
    if (phase === 'ready') onReady?.();
  }, [phase, onReady]);
  return (
    <ImagingContext value={context}>
      <DropPlace onDropped={props.onDropped}>{phase === 'ready' && !isEmpty ? <Reading {...props} /> : <NotReading isOnline={props.isOnline} />}</DropPlace>
      <ReportDialog />
    </ImagingContext>
  );
}

/** Files may be dropped anywhere on the images. */
function DropPlace({ onDropped, children }: Pick<ImagingViewerProps, 'onDropped'> & { readonly children: ReactNode }) {
  const { t } = useText();
  const [isOver, setOver] = useState(false);
  const hasFiles = ({ dataTransfer }: DragEvent) => onDropped !== null && dataTransfer.types.includes('Files');
  return (
    <div
      className="im-drop"
      data-testid="imaging-drop"
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (event.relatedTarget === null || !event.currentTarget.contains(event.relatedTarget as Node)) setOver(false); // the browser's own events name elements
      }}
      onDrop={(event) => {
        setOver(false);
        if (!hasFiles(event)) return;
        event.preventDefault();
        onDropped?.(event.dataTransfer.items);
      }}
    >
      {children}
      {isOver && <p className="im-drop-hint">{t('add.dropHere')}</p>}
    </div>
  );
}

function SideParts({ thumbnailOf, selfId, colourOf, isOnline }: Pick<ImagingViewerProps, 'thumbnailOf' | 'selfId' | 'colourOf' | 'isOnline'>) {
  const { t } = useText();
  return (
    <>
      <StudyList thumbnailOf={thumbnailOf} />
      <AnalysisResults />
      <h3>{t('imaging.marks')}</h3>
      <MarkList selfId={selfId} colourOf={colourOf} />
      <KeptSection isOnline={isOnline} />
    </>
  );
}

/** The list of studies and the measurements by themselves, for a panel beside the pictures. */
export function ImagingSide({ model, analysis, kept, reports, onHand, onAdd, copies, ...parts }: Pick<ImagingViewerProps, 'model' | 'analysis' | 'kept' | 'reports' | 'isOnline' | 'onHand' | 'onAdd' | 'copies' | 'thumbnailOf' | 'selfId' | 'colourOf'>) {
  const context = useMemo(() => ({ model, analysis, kept, reports, onHand, pointer: null, onAdd, copies }), [model, analysis, kept, reports, onHand, onAdd, copies]);
  return (
    <ImagingContext value={context}>
      <div className="im-panel" data-testid="imaging-side">
        <SideParts {...parts} />
      </div>
    </ImagingContext>
  );
}

function NotReading({ isOnline }: { readonly isOnline: boolean }) {
  const { t } = useText();
  const { model, onAdd } = useViewer();
  const phase = useImaging((s) => s.phase);
  const error = useImaging((s) => s.error);
  return (
    <div className="im-none" data-testid="imaging-none" aria-busy={phase === 'loading'}>
      {phase === 'loading' && <p role="status">{t('imaging.loading')}</p>}
      {phase === 'failed' && error && (isOnline ? <ErrorNotice error={error} action={<Button onClick={() => void model.refresh()}>{t('common.retry')}</Button>} /> : <p>{t('imaging.offline')}</p>)}
      {phase === 'ready' && (
        <>
          <h3>{t('imaging.none')}</h3>
          <p className="hz-muted">{t('imaging.noneHelp')}</p>
          {onAdd && (
            <Button type="primary" size="large" icon={<PlusOutlined />} onClick={onAdd} data-testid="imaging-add-first">
              {t('add.button')}
            </Button>
          )}
          <Button onClick={() => void model.refresh()}>{t('common.refresh')}</Button>
        </>
      )}
    </div>
  );
}

function Reading({ model, selfId, selfName, isOnline, thumbnailOf, colourOf, banner, ring, opensNewest, hasSide }: ImagingViewerProps) {
  const { t } = useText();
  const onKeyDown = useImagingKeys();
  const { rows, columns } = useImaging((s) => s.layout);
  const cellCount = useImaging((s) => s.cells.length);
  const hasVolumes = useImaging((s) => s.hasVolumes);
  const notice = useImaging((s) => s.notice);
  const frame = useRef<HTMLDivElement>(null);
  const [isListOpen, setListOpen] = useState(true);
  const [isFull, setFull] = useState(false);
  useEffect(() => {
    const { studies, cells } = model.store.getState();
    const [newest] = studies;
    if (opensNewest && newest && cells.every(({ status }) => status === 'empty')) model.openStudy(newest, null);
  }, [model, opensNewest]);
  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement !== null && document.fullscreenElement === frame.current);
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, []);
  const toggleFull = () => void (isFull ? document.exitFullscreen() : frame.current?.requestFullscreen());
  return (
    // The keys are the viewer's while the focus is anywhere in it.
    <div className="im-viewer" ref={frame} onKeyDown={onKeyDown} tabIndex={-1} data-list={isListOpen} data-testid="imaging-viewer">
      <Toolbar>
        <span className="hz-grow" />
        <CaptureButton selfName={selfName} />
        {hasSide && <Button type="text" icon={isListOpen ? <MenuFoldOutlined /> : <MenuUnfoldOutlined />} aria-label={t('imaging.list')} aria-pressed={isListOpen} onClick={() => setListOpen(!isListOpen)} data-testid="imaging-list-toggle" />}
        <Button type="text" icon={isFull ? <FullscreenExitOutlined /> : <FullscreenOutlined />} aria-label={t(isFull ? 'imaging.fullExit' : 'imaging.full')} onClick={toggleFull} />
      </Toolbar>
      {banner}
      <div className="im-body">
        {isListOpen && hasSide && (
          <div className="im-side">
            <SideParts thumbnailOf={thumbnailOf} selfId={selfId} colourOf={colourOf} isOnline={isOnline} />
          </div>
        )}
        <main className="im-stage" aria-label={t('imaging.viewer')} style={ring === null ? undefined : { boxShadow: `inset 0 0 0 3px ${ring}` }}>
          <div className="im-grid" data-imaging-stage style={{ gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
            {Array.from({ length: cellCount }, (_, index) => (
              // A cell is its place: it has no other identity.
              <Cell key={index} index={index} />
            ))}
          </div>
          {!hasVolumes && <p className="im-plain">{t('imaging.noGraphics')}</p>}
          {notice && <Alert className="im-notice" type="warning" showIcon closable={{ onClose: model.dismissNotice }} title={t(`imaging.notice.${notice}`)} data-testid="imaging-notice" />}
          <ArrowWord />
          <CineBar />
        </main>
      </div>
    </div>
  );
}
