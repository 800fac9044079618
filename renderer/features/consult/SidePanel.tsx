import { CloseOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { ErrorBoundary } from '../../ui/parts/ErrorBoundary.tsx';
import { useText } from '../../ui/text.ts';
import { ChatPanel } from './ChatPanel.tsx';
import type { PanelTab } from './ControlBar.tsx';
import { PeoplePanel } from './PeoplePanel.tsx';
import { useConsult } from './roomContext.ts';

const TABS: readonly PanelTab[] = ['case', 'imaging', 'minutes', 'people', 'chat'];

/** The right-hand panel. */
export function SidePanel({ tab, casePanel, imagingPanel, minutesPanel, onTab, onClose }: { readonly tab: PanelTab; readonly casePanel: ReactNode; readonly imagingPanel: ReactNode; readonly minutesPanel: ReactNode; readonly onTab: (tab: PanelTab) => void; readonly onClose: () => void }) {
  const { t } = useText();
  const unread = useConsult((s) => s.unreadCount);
  const waiting = useConsult((s) => s.waiting.length);
  const list = useRef<HTMLDivElement>(null);
  const tabs = TABS.filter((one) => (one !== 'case' || casePanel !== null) && (one !== 'imaging' || imagingPanel !== null) && (one !== 'minutes' || minutesPanel !== null));
  const count = (one: PanelTab) => (one === 'chat' ? unread : one === 'people' ? waiting : 0);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const next = tabs[tabs.indexOf(tab) + (event.key === 'ArrowRight' ? 1 : -1)];
    if (!next) return;
    onTab(next);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <aside className="cr-panel" aria-label={t('consult.panel')}>
      <div className="cr-tabs">
        <div role="tablist" ref={list} onKeyDown={onKeyDown} className="hz-grow hz-row">
          {tabs.map((one) => (
            <button key={one} type="button" role="tab" id={`tab-${one}`} aria-controls="room-panel" aria-selected={one === tab} tabIndex={one === tab ? 0 : -1} data-tab={one} onClick={() => onTab(one)} data-testid={`${one}-tab`}>
              {t(`${one}.title`)}
              {count(one) > 0 && one !== tab && <span className="cr-badge cr-badge-inline">{count(one)}</span>}
            </button>
          ))}
        </div>
        <Button type="text" icon={<CloseOutlined />} aria-label={t('common.close')} onClick={onClose} />
      </div>
      <div role="tabpanel" id="room-panel" aria-labelledby={`tab-${tab}`} className="cr-panel-body">
        <ErrorBoundary>{tab === 'people' ? <PeoplePanel /> : tab === 'chat' ? <ChatPanel /> : tab === 'minutes' ? minutesPanel : tab === 'imaging' ? imagingPanel : <div className="cr-case">{casePanel}</div>}</ErrorBoundary>
      </div>
    </aside>
  );
}
