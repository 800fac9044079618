import { ConfigProvider } from 'antd';
import { useEffect, useMemo, useRef } from 'react';
import { I18nextProvider } from 'react-i18next';
import { createStore } from 'zustand/vanilla';
import { createPose } from '#shared/control/pose';
import { createSettings } from '#shared/control/settings';
import { UltrasoundPicture } from '#shared/simulator/image';
import type { Program } from '../../../renderer/composition.ts';
import { Bedside } from '../../../renderer/features/control/Bedside.tsx';
import { ControlBanner } from '../../../renderer/features/control/ControlBanner.tsx';
import { Console } from '../../../renderer/features/control/Console.tsx';
import { Replay } from '../../../renderer/features/control/replay/Replay.tsx';
import { VideoPane } from '../../../renderer/features/control/replay/VideoPane.tsx';
import { createI18n } from '../../../renderer/i18n/i18n.ts';
import { Alarms, createPulsePlayer } from '../../../renderer/services/control/alarms.ts';
import { HandInput } from '../../../renderer/services/control/inputs/handInput.ts';
import { sha256Hex } from '../../../renderer/services/control/sha256.ts';
import { SimulatedPicture } from '../../../renderer/services/control/simulatedPicture.ts';
import type { StopStanding } from '../../../renderer/services/control/repeatedStop.ts';
import { speak } from '../../../renderer/services/control/voice.ts';
import { systemClock } from '../../../renderer/services/systemClock.ts';
import { createAlarmModel } from '../../../renderer/state/control/alarmModel.ts';
import { createBedsideModel } from '../../../renderer/state/control/bedsideModel.ts';
import { createConsoleModel } from '../../../renderer/state/control/consoleModel.ts';
import { createReplayModel } from '../../../renderer/state/control/replay/replayModel.ts';
import { createWarmUpModel, type WarmUpModel } from '../../../renderer/state/control/warmUpModel.ts';
import type { Language } from '../../../renderer/state/settingsModel.ts';
import { ClockContext } from '../../../renderer/ui/text.ts';
import { antdTheme } from '../../../renderer/ui/theme/antdTheme.ts';
import { syntheticRecord } from '../control/recordFile.ts';
import { type ControlScene, controlScene, staticLink, staticOperator } from './staticControl.ts';

const play = createPulsePlayer();
const alarmsOver = (store: Parameters<typeof createAlarmModel>[0]['source'], isBedside: boolean) => createAlarmModel({ source: store, isBedside, clock: systemClock, alarms: new Alarms({ clock: systemClock, play }) });
const done = async () => undefined;
const nothing = () => undefined;
const standingOf = (scene: string): StopStanding => (scene === 'unconfirmed' ? 'unconfirmed' : 'none');
const quiet = { send: () => undefined, on: () => () => undefined };

function Picture({ scene }: { readonly scene: ControlScene }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const picture = new UltrasoundPicture(800, 600);
    picture.form({ pose: { ...createPose(), ...scene.state.measured }, atS: 0, isInContact: true, settings: createSettings() });
    const pixels = context.createImageData(800, 600);
    picture.grey.forEach((grey, at) => pixels.data.set([grey, grey, grey, 255], at * 4));
    context.putImageData(pixels, 0, 0);
  }, [scene]);
  return <canvas ref={canvas} width={800} height={600} />;
}

/** `steer.console.engaged`, `steer.bedside.asking`, `steer.banner.engaged`: real models over ports that stand still. */
export function ControlPreview({ program, screen, language }: { readonly program: Program; readonly screen: string; readonly language: Language }) {
  const [, side = 'console', name = 'free'] = screen.split('.');
  const { theme } = program.settings.store.getState();
  document.documentElement.dataset['theme'] = theme;
  document.documentElement.lang = language;
  return (
    <I18nextProvider i18n={createI18n(language)}>
      <ConfigProvider theme={antdTheme(theme, false)} button={{ autoInsertSpace: false }} wave={{ disabled: true }}>
        <ClockContext value={program.clock}>
          <main style={{ height: '100%' }}>{side === 'replay' ? <ReplayScene name={name} language={language} /> : side === 'bedside' ? <BedsideScene name={name} language={language} /> : side === 'banner' ? <BannerScene name={name} language={language} /> : <ConsoleScene name={name} language={language} />}</main>
        </ClockContext>
      </ConfigProvider>
    </I18nextProvider>
  );
}

const nameOf = (language: string) => (peerId: string) => (peerId === 'bedside' ? (language === 'en' ? 'by the bedside' : '（床旁）') : peerId);

function ConsoleScene({ name, language }: { readonly name: string; readonly language: string }) {
  const { model, warmUp, scene, alarms } = useMemo(() => {
    const scene = controlScene(name, language);
    const hand = new HandInput({ window, document, gamepads: () => [], isTyping: () => false });
    const model = createConsoleModel({ link: staticLink(scene), operator: staticOperator(scene), emergency: { standing: standingOf(name), stop: () => undefined }, hand, guidance: quiet, clock: systemClock, selfPeerId: () => 'peer-self', nameOf: nameOf(language) });
    if (name !== 'free') model.handleWarmedUp();
    if (name === 'match') model.store.setState({ line: { what: 'match', tone: 'caution', deg: 11 }, match: { deg: 11, turning: 'tiltLeft' } });
    if (name === 'match') model.close(); // its line stands still too
    const result: WarmUpModel = { store: createStore(() => ({ phase: 'done' as const, target: 2, distanceMm: 1, turnDeg: 1, live: null, seconds: 47, breaks: 0, mostForceN: 7.4 })), start: () => undefined, close: () => undefined };
    const warmUp = name === 'warmUpDone' ? result : createWarmUpModel({ hand, clock: systemClock, onState: () => undefined, onRunning: model.practise, onDone: model.handleWarmedUp });
    if (name === 'warmUp') warmUp.start();
    return { model, warmUp, scene, alarms: alarmsOver(model.store, false) };
  }, [name, language]);
  return <Console model={model} alarms={alarms} warmUp={warmUp} picture={<Picture scene={scene} />} practicePicture={<Picture scene={scene} />} onTakeBackStop={nothing} />;
}

/** `intact`, `stopped`, `broken`, `robot`: without the picture drawn anew. */
function ReplayScene({ name, language }: { readonly name: string; readonly language: string }) {
  const model = useMemo(() => createReplayModel({
    read: async () => {
      const text = await syntheticRecord(language, name === 'robot' ? 'openIgtLink' : 'simulator');
      return new Blob([name === 'broken' ? text.replace('"by":"bedside"', '"by":"peer-9"') : text]);
    },
    lastHash: null, sha256Hex, clock: systemClock,
  }), [name, language]);
  useEffect(() => model.store.subscribe(({ moment }, before) => {
    if (before.moment === null && moment !== null && name !== 'broken') model.seek(name === 'stopped' ? 80_000 : 31_300);
  }), [model, name]);
  return <Replay model={model} title={language === 'en' ? 'Lin Jingyuan · Huizhen S1' : '林静远 · Huizhen S1'} video={(at) => <VideoPane {...at} createPicture={createPicture} />} onSave={() => undefined} onClose={() => undefined} />;
}
const createPicture = () => new SimulatedPicture();

function BedsideScene({ name, language }: { readonly name: string; readonly language: string }) {
  const { model, scene, alarms } = useMemo(() => {
    const scene = controlScene(name, language);
    const model = createBedsideModel({
      bedside: { state: scene.state, stateAgeMs: scene.isHeard ? 10 : 900, status: scene.status, on: () => () => undefined, grant: done, decline: done, takeOver: done, stopStanding: standingOf(name), stop: nothing, resetStop: done },
      guidance: quiet, clock: systemClock,
    });
    model.store.setState({ cue: scene.cue });
    return { model, scene, alarms: alarmsOver(model.store, true) };
  }, [name, language]);
  return <Bedside model={model} alarms={alarms} picture={<Picture scene={scene} />} nameOf={nameOf(language)} onTakeBackStop={nothing} onSpeak={(text) => speak(text, language === 'en' ? 'en' : 'zh-CN')} />;
}

function BannerScene({ name, language }: { readonly name: string; readonly language: string }) {
  const scene = useMemo(() => controlScene(name, language), [name, language]);
  return (
    <>
      <h1 className="hz-hidden">Preview</h1>
      <ControlBanner status={scene.status} isMoving={scene.state.phase === 'engaged'} standing={standingOf(name)} isBeside={false} nameOf={nameOf(language)} onStop={nothing} onTakeBack={nothing} onOpen={() => undefined} />
    </>
  );
}
