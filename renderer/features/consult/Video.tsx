import { type CSSProperties, useEffect, useRef } from 'react';
import { drop } from '#shared/lib/drop';
import type { TileView } from '../../state/consultModel.ts';
import { fitOf } from './roomView.ts';
import { useTileReport } from './useTileReport.ts';
import { useRoom } from './roomContext.ts';

const FULL_HD = 16 / 9;

/** The bare picture of a source. Always silent: sound is played by the media service, once, whatever is shown. */
export function Video({ tile, place, style }: { readonly tile: TileView; readonly place: string; readonly style?: CSSProperties }) {
  const { model } = useRoom();
  const box = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const { capture, stream } = tile;
  const aspect = capture && capture.width > 0 && capture.height > 0 ? capture.width / capture.height : FULL_HD;
  const fit = fitOf(tile.profile);
  useTileReport(box, { place, sourceId: tile.sourceId, fit, aspect, isWanted: !tile.isOwn, report: model.reportTile });

  useEffect(() => {
    const element = video.current;
    if (!element || element.srcObject === stream) return;
    element.srcObject = stream;
    if (stream) drop(element.play(), 'a play that is overtaken by the next stream rejects; autoplay starts that one');
  }, [stream]);

  return (
    <div ref={box} className="cr-video" style={style}>
      <video
        ref={video}
        muted
        playsInline
        autoPlay
        disablePictureInPicture
        data-source-id={tile.sourceId}
        data-profile={tile.profile}
        data-peer-id={tile.peerId}
        data-place={place}
        style={{ width: '100%', height: '100%', objectFit: fit, background: '#000', transform: tile.isOwn && tile.profile === 'face' ? 'scaleX(-1)' : undefined }}
      />
    </div>
  );
}
