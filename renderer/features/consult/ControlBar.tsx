import { AimOutlined, BarChartOutlined, BorderOuterOutlined, DesktopOutlined, EllipsisOutlined, FileTextOutlined, FullscreenExitOutlined, FullscreenOutlined, LogoutOutlined, MessageOutlined, ProfileOutlined, QuestionCircleOutlined, ScanOutlined, SettingOutlined, StopOutlined, TeamOutlined, VideoCameraOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Dropdown, Popover, Segmented } from 'antd';
import type { ConsultLayout } from '../../state/consultModel.ts';
import { useText } from '../../ui/text.ts';
import { ControlButton } from './ControlButton.tsx';
import { HandIcon } from './HandIcon.tsx';
import { MicButton } from './MicButton.tsx';
import { useConsult, useRoom } from './roomContext.ts';
import { cameraState, canPublish } from './roomView.ts';
import { SourcesPanel } from './SourcesPanel.tsx';

export type PanelTab = 'case' | 'imaging' | 'people' | 'chat' | 'minutes';

export interface ControlBarProps {
  readonly panel: PanelTab | null;
  readonly isFullscreen: boolean;
  readonly isStatsOpen: boolean;
  readonly hasCase: boolean;
  readonly hasMinutes: boolean;
  /** Images stand in the centre. */
  readonly isReading: boolean;
  /** Null: no images for this person. */
  readonly onReading: (() => void) | null;
  /** Remote control stands in the centre. */
  readonly isSteering: boolean;
  /** Null: this person has none here. */
  readonly onSteering: (() => void) | null;
  readonly onPanel: (tab: PanelTab) => void;
  readonly onCamera: () => void;
  readonly onShare: () => void;
  readonly onFullscreen: () => void;
  readonly onStats: () => void;
  readonly onHelp: () => void;
  readonly onLeave: () => void;
  readonly onEnd: () => void;
}

const LAYOUTS: readonly { readonly value: ConsultLayout; readonly id: string }[] = [
  { value: 'stage', id: 'stage' },
  { value: 'grid', id: 'grid' },
  { value: 'sideBySide', id: 'side' },
];

export function LayoutChoice({ isBlock = false }: { readonly isBlock?: boolean }) {
  const { t } = useText();
  const { model } = useRoom();
  const layout = useConsult((s) => s.layout);
  return (
    <Segmented
      block={isBlock}
      aria-label={t('control.layout')}
      value={layout}
      onChange={(value) => model.setLayout(value)}
      options={LAYOUTS.map(({ value, id }) => ({ value, label: <span data-testid={`layout-${id}`}>{t(`layout.${value}`)}</span> }))}
    />
  );
}

/** The workstation's controls: what is used most in the middle, leaving at the far end. */
export function ControlBar(props: ControlBarProps) {
  const { t } = useText();
  const { model } = useRoom();
  const ownSources = useConsult((s) => s.ownSources);
  const self = useConsult((s) => s.participants.find((participant) => participant.isSelf));
  const isHost = useConsult((s) => s.isHost);
  const isLocked = useConsult((s) => s.isLocked);
  const unread = useConsult((s) => s.unreadCount);
  const waiting = useConsult((s) => s.waiting.length);
  const camera = cameraState(ownSources);
  const isSharing = ownSources.some((source) => source.profile === 'screen');
  const isHandUp = self?.isHandRaised ?? false;
  const isObserver = self !== undefined && !canPublish(self.party.role);
  const reason = isObserver ? t('control.observerReason') : undefined;

  return (
    <nav className="cr-controls" aria-label={t('consult.controls')}>
      <div className="cr-controls-side">
        <LayoutChoice />
        <Button type="text" icon={props.isFullscreen ? <FullscreenExitOutlined /> : <FullscreenOutlined />} onClick={props.onFullscreen} title={t(props.isFullscreen ? 'control.fullscreenExit' : 'control.fullscreen')} aria-label={t(props.isFullscreen ? 'control.fullscreenExit' : 'control.fullscreen')} data-testid="fullscreen" />
      </div>
      <div className="cr-controls-main">
        {!isObserver && <MicButton />}
        {!isObserver && (
          <span className="cr-split">
            <ControlButton
              icon={camera === 'lost' ? <WarningOutlined /> : camera === 'on' ? <VideoCameraOutlined /> : <CameraOff />}
              label={t(`control.cameraState.${camera}`)}
              hint={t(camera === 'on' || camera === 'starting' ? 'control.cameraOff' : 'control.cameraOn')}
              state={camera}
              testId="camera-button"
              onClick={props.onCamera}
            />
            <Popover trigger="click" placement="top" content={<SourcesPanel />}>
              <Button type="text" className="cr-caret" icon={<SettingOutlined />} aria-label={t('control.cameraMenu')} title={t('control.cameraMenu')} data-testid="sources-menu" />
            </Popover>
          </span>
        )}
        <ControlButton icon={<DesktopOutlined />} label={t(isSharing ? 'control.shareStop' : 'control.share')} hint={t(isSharing ? 'control.shareStop' : 'control.shareAction')} isOn={isSharing} testId="share-screen" disabledReason={reason} onClick={props.onShare} />
        <ControlButton icon={<HandIcon />} label={t(isHandUp ? 'control.handDown' : 'control.hand')} isOn={isHandUp} testId="hand-button" disabledReason={reason} onClick={() => model.raiseHand(!isHandUp)} />
        <ControlButton icon={<MessageOutlined />} label={t('control.chat')} {...(unread > 0 ? { hint: t('control.chatUnread', { count: unread }) } : {})} isOn={props.panel === 'chat'} badge={unread} testId="chat-button" onClick={() => props.onPanel('chat')} />
        <ControlButton icon={<TeamOutlined />} label={t('control.people')} isOn={props.panel === 'people'} badge={waiting} testId="people-button" onClick={() => props.onPanel('people')} />
        {props.hasCase && <ControlButton icon={<FileTextOutlined />} label={t('control.case')} isOn={props.panel === 'case'} testId="case-button" onClick={() => props.onPanel('case')} />}
        {props.onReading && <ControlButton icon={<ScanOutlined />} label={t('control.imaging')} isOn={props.isReading} testId="imaging-button" onClick={props.onReading} />}
        {props.onSteering && <ControlButton icon={<AimOutlined />} label={t('probe.button')} isOn={props.isSteering} testId="steering-button" onClick={props.onSteering} />}
        <Dropdown
          trigger={['click']}
          placement="top"
          menu={{
            items: [
              ...(props.hasMinutes ? [{ key: 'minutes', icon: <ProfileOutlined />, label: <span data-testid="minutes-toggle">{t('minutes.title')}</span>, onClick: () => props.onPanel('minutes') }] : []),
              { key: 'stats', icon: <BarChartOutlined />, label: <span data-testid="stats-toggle">{t('control.stats')}</span>, onClick: props.onStats },
              { key: 'keys', icon: <QuestionCircleOutlined />, label: t('control.keys'), onClick: props.onHelp },
              ...(isHost
                ? [
                    { type: 'divider' as const },
                    { key: 'lock', icon: <BorderOuterOutlined />, label: t(isLocked ? 'control.unlock' : 'control.lock'), onClick: () => model.setLocked(!isLocked) },
                    { key: 'end', icon: <StopOutlined />, danger: true, label: <span data-testid="end-button">{t('control.endAll')}</span>, onClick: props.onEnd },
                  ]
                : []),
            ],
          }}
        >
          <button type="button" className="cr-control" data-testid="more-button">
            <span className="cr-control-icon">
              <EllipsisOutlined />
            </span>
            <span>{t('control.more')}</span>
          </button>
        </Dropdown>
      </div>
      <div className="cr-controls-side cr-controls-end">
        <ControlButton icon={<LogoutOutlined />} label={t('control.leave')} isDanger testId="leave-button" onClick={props.onLeave} />
      </div>
    </nav>
  );
}

/** The icon family has no struck-out camera: the stroke is drawn over it. */
export function CameraOff() {
  return (
    <span className="cr-struck">
      <VideoCameraOutlined />
    </span>
  );
}
