import { CloseCircleFilled, SearchOutlined } from '@ant-design/icons';
import { Input } from 'antd';
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import { assertNever } from '#shared/lib/assert';
import { ErrorBoundary } from '../../ui/parts/ErrorBoundary.tsx';
import { useText } from '../../ui/text.ts';
import { ChangesSection } from './ChangesSection.tsx';
import { ConsentSection } from './ConsentSection.tsx';
import { DocumentsSection } from './DocumentsSection.tsx';
import { useCase, useFile } from './fileContext.ts';
import { LabsSection } from './LabsSection.tsx';
import { NotesSection } from './NotesSection.tsx';
import { OpinionSection } from './OpinionSection.tsx';
import { OverviewSection } from './OverviewSection.tsx';
import { RecordSection } from './RecordSection.tsx';
import { SECTIONS, type SectionName } from './sections.ts';
import { VitalsSection } from './VitalsSection.tsx';

/**
 * The bar of sections, the box to find something, and the section chosen. Sections that were opened stay, hidden: a half-filled form
 * is still there after a look elsewhere.
 */
export function FileSections({ current, onGo }: { readonly current: SectionName; readonly onGo: (section: SectionName) => void }) {
  const { t } = useText();
  const { isCompact, imaging } = useFile();
  const sections = SECTIONS.filter((section) => section !== 'imaging' || imaging !== null);
  const [visited, setVisited] = useState<ReadonlySet<SectionName>>(new Set([current]));
  if (!visited.has(current)) setVisited(new Set([...visited, current]));
  const [query, setQuery] = useState('');
  const waiting = useCase((s) => s.outbox.filter(({ state }) => state !== 'held').length);
  const bar = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = sections[sections.indexOf(current) + step];
    if (step === 0 || !next) return;
    event.preventDefault();
    onGo(next);
    bar.current?.querySelector<HTMLElement>(`[data-section="${next}"]`)?.focus();
  };
  const find = (text: string) => {
    setQuery(text);
    if (text.trim() !== '') onGo('overview');
  };

  const content = (section: SectionName): ReactNode => {
    switch (section) {
      case 'overview':
        return <OverviewSection query={query} onGo={onGo} onClearQuery={() => setQuery('')} />;
      case 'vitals':
        return <VitalsSection />;
      case 'labs':
        return <LabsSection />;
      case 'imaging':
        return imaging;
      case 'record':
        return <RecordSection />;
      case 'documents':
        return <DocumentsSection />;
      case 'notes':
        return <NotesSection />;
      case 'opinion':
        return <OpinionSection />;
      case 'consent':
        return <ConsentSection />;
      case 'changes':
        return <ChangesSection />;
      default:
        return assertNever(section);
    }
  };

  return (
    <>
      <div className="cf-bar">
        <div role="tablist" aria-label={t('case.sections')} ref={bar} onKeyDown={onKeyDown} className="cf-tabs">
          {sections.map((section) => (
            <button key={section} type="button" role="tab" id={`case-tab-${section}`} aria-controls={`case-section-${section}`} aria-selected={section === current} tabIndex={section === current ? 0 : -1} data-section={section} onClick={() => onGo(section)} data-testid={`section-${section}`}>
              {t(`section.${section}`)}
              {section === 'changes' && waiting > 0 && <span className="cf-count">{waiting}</span>}
            </button>
          ))}
        </div>
        <Input className="cf-find" prefix={<SearchOutlined />} allowClear={{ clearIcon: <CloseCircleFilled /> }} placeholder={t('case.find')} aria-label={t('case.find')} value={query} onChange={(event) => find(event.target.value)} data-testid="case-find" />
      </div>
      <div className={isCompact ? 'cf-body cf-body-compact' : 'cf-body'}>
        {sections.map((section) => (
          <div key={section} role="tabpanel" id={`case-section-${section}`} aria-labelledby={`case-tab-${section}`} hidden={section !== current}>
            {visited.has(section) && <ErrorBoundary>{content(section)}</ErrorBoundary>}
          </div>
        ))}
      </div>
    </>
  );
}
