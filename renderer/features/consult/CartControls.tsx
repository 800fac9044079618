import { AimOutlined, BarChartOutlined, DesktopOutlined, EllipsisOutlined, FileTextOutlined, FullscreenExitOutlined, FullscreenOutlined, MessageOutlined, PhoneOutlined, ScanOutlined, TeamOutlined, VideoCameraOutlined, WarningOutlined } from '@ant-design/icons';
import { Drawer } from 'antd';
import { useState } from 'react';
import { useText } from '../../ui/text.ts';
import { CameraOff, LayoutChoice, type PanelTab } from './ControlBar.tsx';
import { ControlButton } from './ControlButton.tsx';
import { MicButton } from './MicButton.tsx';
import { useConsult, useRoom } from './roomContext.ts';
import { cameraState, canPublish } from './roomView.ts';
import { SourcesPanel } from './SourcesPanel.tsx';

export interface CartControlsProps {
  readonly isFullscreen: boolean;
  readonly hasCase: boolean;
  /** Images stand in the centre. */
  readonly isReading: boolean;
  /** Null: no images here. */
  readonly onReading: (() => void) | null;
  /** Remote control stands in the centre. */
  readonly isSteering: boolean;
  /** Null: this person has none here. */
  readonly onSteering: (() => void) | null;
  readonly onPanel: (tab: PanelTab) => void;
  readonly onStats: () => void;
  readonly onShare: () => void;
  readonly onFullscreen: () => void;
}

/**
 * The bedside's four: mute, cameras, help, more. Everything else is one press behind «more», as large; leaving is at the top, far from
 * them, so that a glove that slips does not find it.
 */
export function CartControls(props: CartControlsProps) {
  const { t } = useText();
  const { model } = useRoom();
  const [sheet, setSheet] = useState<'sources' | 'more' | null>(null);
  const ownSources = useConsult((s) => s.ownSources);
  const self = useConsult((s) => s.participants.find((participant) => participant.isSelf));
  const unread = useConsult((s) => s.unreadCount);
  const waiting = useConsult((s) => s.waiting.length);
  const camera = cameraState(ownSources);
  const isHandUp = self?.isHandRaised ?? false;
  const isSharing = ownSources.some((source) => source.profile === 'screen');
  const isObserver = self !== undefined && !canPublish(self.party.role);
  const close = () => setSheet(null);
  const go = (act: () => void) => () => {
    close();
    act();
  };

  return (
    <nav className="cr-controls cr-cart-controls" aria-label={t('consult.controls')}>
      {!isObserver && (
        <>
          <MicButton />
          <ControlButton
            icon={camera === 'lost' ? <WarningOutlined /> : camera === 'on' ? <VideoCameraOutlined /> : <CameraOff />}
            label={t(`control.cameraState.${camera}`)}
            hint={t('control.cameraMenu')}
            state={camera}
            testId="camera-button"
            onClick={() => setSheet('sources')}
          />
          <ControlButton icon={<PhoneOutlined />} label={t(isHandUp ? 'control.helpOn' : 'control.help')} isOn={isHandUp} testId="hand-button" onClick={() => model.raiseHand(!isHandUp)} />
        </>
      )}
      <ControlButton icon={<EllipsisOutlined />} label={t('control.more')} badge={unread + waiting} testId="more-button" onClick={() => setSheet('more')} />
      <Drawer open={sheet === 'sources'} onClose={close} placement="bottom" size="auto" title={t('control.cameraMenu')} destroyOnHidden>
        <SourcesPanel />
      </Drawer>
      <Drawer open={sheet === 'more'} onClose={close} placement="bottom" size="auto" title={t('control.more')} destroyOnHidden>
        <div className="cr-sheet">
          <LayoutChoice isBlock />
          <div className="cr-sheet-grid">
            {props.hasCase && <ControlButton icon={<FileTextOutlined />} label={t('control.case')} testId="case-button" onClick={go(() => props.onPanel('case'))} />}
            {props.onReading && <ControlButton icon={<ScanOutlined />} label={t('control.imaging')} isOn={props.isReading} testId="imaging-button" onClick={go(props.onReading)} />}
            {props.onSteering && <ControlButton icon={<AimOutlined />} label={t('probe.button')} isOn={props.isSteering} testId="steering-button" onClick={go(props.onSteering)} />}
            <ControlButton icon={<TeamOutlined />} label={t('control.people')} badge={waiting} testId="people-button" onClick={go(() => props.onPanel('people'))} />
            <ControlButton icon={<MessageOutlined />} label={t('control.chat')} badge={unread} testId="chat-button" onClick={go(() => props.onPanel('chat'))} />
            {!isObserver && <ControlButton icon={<DesktopOutlined />} label={t(isSharing ? 'control.shareStop' : 'control.share')} testId="share-screen" onClick={go(props.onShare)} />}
            <ControlButton icon={props.isFullscreen ? <FullscreenExitOutlined /> : <FullscreenOutlined />} label={t(props.isFullscreen ? 'control.fullscreenExit' : 'control.fullscreen')} testId="fullscreen" onClick={go(props.onFullscreen)} />
            <ControlButton icon={<BarChartOutlined />} label={t('control.stats')} testId="stats-toggle" onClick={go(props.onStats)} />
          </div>
        </div>
      </Drawer>
    </nav>
  );
}
