import { useImaging, useViewer } from './imagingContext.ts';

/** Where the presenter points, in their colour. */
export function PointerMark({ index }: { readonly index: number }) {
  const { model, pointer } = useViewer();
  useImaging((s) => s.cells[index]?.view); // drawn anew when the picture moves under it
  if (pointer?.cell !== index) return null;
  const at = model.toScreen(index, pointer.world);
  return at && <span className="im-pointer" style={{ left: at[0], top: at[1], borderColor: pointer.colour }} data-testid={`imaging-pointer-${index}`} />;
}
