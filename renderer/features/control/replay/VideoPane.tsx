import { FolderOpenOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { drop } from '#shared/lib/drop';
import { useText } from '../../../ui/text.ts';
import type { Moment, Timeline } from '../../../state/control/replay/timeline.ts';
import { guessedStartMs, placeInVideo } from './videoPlace.ts';

/** Of the picture drawn anew: what `SimulatedPicture` has. */
export interface DrawnPicture {
  readonly track: MediaStreamTrack;
  handleState(state: { readonly measured: NonNullable<Moment['measured']>; readonly stampMs: number; readonly isInContact: boolean }, settings: NonNullable<Moment['settings']>): void;
  close(): void;
}

export interface VideoPaneProps {
  readonly moment: Moment;
  readonly timeline: Timeline;
  readonly isPlaying: boolean;
  readonly speed: number;
  /** For a record of a simulator, whose picture can be formed anew. */
  readonly createPicture: () => DrawnPicture;
}

interface Film {
  readonly url: string;
  readonly name: string;
  readonly lastModifiedMs: number;
  /** Where its first picture lies, ms from the record's beginning. */
  readonly startMs: number;
  readonly durationMs: number;
}

const NUDGES_S = [-10, -1, -0.1, 0.1, 1, 10] as const;

/** [CTL115] A video file that a person opened, held to the record's time; without one the simulator's picture drawn anew, which says that it is none. */
export function VideoPane({ moment, timeline, isPlaying, speed, createPicture }: VideoPaneProps) {
  const { t } = useText();
  const [film, setFilm] = useState<Film | null>(null);
  const [isBroken, setBroken] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const url = film?.url;
  useEffect(() => () => {
    if (url !== undefined) URL.revokeObjectURL(url);
  }, [url]);
  const open = (file: File | undefined) => {
    if (file === undefined) return;
    setBroken(false);
    setFilm({ url: URL.createObjectURL(file), name: file.name, lastModifiedMs: file.lastModified, startMs: 0, durationMs: 0 });
  };
  const isDrawn = film === null && timeline.device?.kind === 'simulator';
  return (
    <>
      <div className="rp-screen">
        {film !== null && <FilmAt key={film.url} film={film} atMs={moment.atMs} isPlaying={isPlaying} speed={speed} onBroken={() => setBroken(true)} onLength={(durationMs) => setFilm({ ...film, durationMs, startMs: guessedStartMs(film.lastModifiedMs, durationMs, timeline) })} />}
        {isDrawn && <DrawnAnew moment={moment} createPicture={createPicture} />}
        {film === null && !isDrawn && <p className="ct-no-picture">{t('replay.noVideo')}</p>}
        {isBroken && <p className="ct-no-picture" role="alert">{t('replay.videoBroken')}</p>}
        {isDrawn && moment.measured === null && <p className="ct-no-picture">{t('replay.noPose')}</p>}
        {isDrawn && moment.measured !== null && <p className="rp-badge" data-testid="replay-drawn">{t('replay.drawn')}</p>}
      </div>
      <div className="rp-align">
        <Button icon={<FolderOpenOutlined />} onClick={() => picker.current?.click()}>{t('replay.openVideo')}</Button>
        <input ref={picker} type="file" accept="video/*" hidden data-testid="replay-video-input" onChange={(event) => {
          open(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }} />
        {film === null ? <span className="hz-muted hz-small">{t('replay.videoHint')}</span> : (
          <>
            <span className="hz-small hz-ellipsis" title={film.name}>{t('replay.videoFrom', { name: film.name })}</span>
            <span className="rp-nudges" role="group" aria-label={t('replay.align')}>
              <span className="hz-small">{t('replay.align')}</span>
              {NUDGES_S.map((seconds) => <Button key={seconds} size="small" onClick={() => setFilm({ ...film, startMs: film.startMs + seconds * 1000 })}>{seconds > 0 ? '+' : '−'}{Math.abs(seconds)}</Button>)}
              <output className="hz-small" data-testid="replay-video-start">{t('replay.videoStarts', { seconds: (film.startMs / 1000).toFixed(1) })}</output>
            </span>
          </>
        )}
      </div>
    </>
  );
}

function FilmAt({ film, atMs, isPlaying, speed, onLength, onBroken }: { readonly film: Film; readonly atMs: number; readonly isPlaying: boolean; readonly speed: number; readonly onLength: (durationMs: number) => void; readonly onBroken: () => void }) {
  const { t } = useText();
  const video = useRef<HTMLVideoElement>(null);
  const place = placeInVideo(film, atMs);
  useEffect(() => {
    const element = video.current;
    if (element === null || element.readyState < element.HAVE_METADATA) return;
    if (place.type === 'outside') return element.pause();
    const offS = Math.abs(element.currentTime - place.seconds);
    if (!isPlaying) {
      element.pause();
      if (offS > 0.02 && !element.seeking) element.currentTime = place.seconds;
      return;
    }
    element.playbackRate = speed;
    if (offS > 0.15 * Math.max(1, speed) && !element.seeking) element.currentTime = place.seconds;
    if (element.paused) drop(element.play(), 'a play that a pause overtakes rejects');
  }, [place, isPlaying, speed]);
  return (
    <>
      <video ref={video} src={film.url} muted playsInline preload="auto" data-outside={place.type === 'outside'} onLoadedMetadata={(event) => onLength(event.currentTarget.duration * 1000)} onError={onBroken} />
      {place.type === 'outside' && film.durationMs > 0 && <p className="ct-no-picture">{t(place.isBefore ? 'replay.videoLater' : 'replay.videoOver')}</p>}
    </>
  );
}

/** The recorded positions and settings through the same formation of pictures; breath and noise are others. */
function DrawnAnew({ moment, createPicture }: { readonly moment: Moment; readonly createPicture: () => DrawnPicture }) {
  const video = useRef<HTMLVideoElement>(null);
  const [picture, setPicture] = useState<DrawnPicture | null>(null);
  useEffect(() => {
    const made = createPicture();
    setPicture(made);
    if (video.current) video.current.srcObject = new MediaStream([made.track]);
    return () => made.close();
  }, [createPicture]);
  const { measured, settings, atMs, isInContact } = moment;
  useEffect(() => {
    if (measured !== null && settings !== null) picture?.handleState({ measured, stampMs: atMs, isInContact }, settings);
  }, [picture, measured, settings, atMs, isInContact]);
  return <video ref={video} muted playsInline autoPlay />;
}
