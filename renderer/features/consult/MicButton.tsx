import { AudioMutedOutlined, AudioOutlined, LoadingOutlined, StopOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import type { ConsultModel, MicState } from '../../state/consultModel.ts';
import { useText } from '../../ui/text.ts';
import { useConsult, useRoom } from './roomContext.ts';

const ICONS: Readonly<Record<MicState, ReactNode>> = {
  muted: <AudioMutedOutlined />,
  live: <AudioOutlined />,
  connecting: <LoadingOutlined />,
  noDevice: <WarningOutlined />,
  blocked: <StopOutlined />,
};

/** What pressing the button or M means in each state: silence always goes through at once, a missing device is asked for again. */
export function toggleMic(model: ConsultModel): void {
  const { mic } = model.store.getState();
  if (mic === 'muted') model.setMuted(false);
  else if (mic === 'live' || mic === 'connecting') model.setMuted(true);
  else model.publish('mic');
}

/** The microphone as it is, never as it is wished to be: icon, word and, while live, one's own level. */
export function MicButton() {
  const { t } = useText();
  const { model } = useRoom();
  const mic = useConsult((s) => s.mic);
  const isSpeaking = useConsult((s) => s.isSpeakingWhileMuted && s.mic === 'muted');
  return (
    <span className="cr-mic">
      <SpeakingHint isSpeaking={isSpeaking} />
      <Tooltip title={isSpeaking ? '' : t(`mic.action.${mic}`)}>
        <button type="button" className="cr-control" data-testid="mic-button" data-state={mic} aria-label={`${t(`mic.${mic}`)}. ${t(`mic.action.${mic}`)}`} onClick={() => toggleMic(model)}>
          <span className="cr-control-icon">{ICONS[mic]}</span>
          <span>{t(`mic.${mic}`)}</span>
          <MicLevel isLive={mic === 'live'} />
        </button>
      </Tooltip>
    </span>
  );
}

/** Drawn by itself: it changes many times a second. */
function MicLevel({ isLive }: { readonly isLive: boolean }) {
  const level = useConsult((s) => (isLive ? Math.round(Math.sqrt(s.micLevel) * 20) / 20 : 0));
  return (
    <span className="cr-mic-level" aria-hidden="true">
      <span style={{ transform: `scaleX(${level})` }} />
    </span>
  );
}

function SpeakingHint({ isSpeaking }: { readonly isSpeaking: boolean }) {
  const { t } = useText();
  const { model } = useRoom();
  return (
    <span role="status">
      {isSpeaking && (
        <span className="cr-hint" data-testid="speaking-while-muted">
          {t('mic.speakingWhileMuted')}
          <Button size="small" type="primary" onClick={() => model.setMuted(false)}>
            {t('mic.speakingAction')}
          </Button>
        </span>
      )}
    </span>
  );
}
