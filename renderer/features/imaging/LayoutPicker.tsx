import { AppstoreOutlined } from '@ant-design/icons';
import { Button, Popover } from 'antd';
import { useState } from 'react';
import { MAX_SIDE } from '#shared/domain/imaging/presentation';
import { useText } from '../../ui/text.ts';
import { useImaging, useViewer } from './imagingContext.ts';

const SIDES = Array.from({ length: MAX_SIDE }, (_, index) => index + 1);

/** Rows and columns, chosen on a little grid of their own form. */
export function LayoutPicker() {
  const { t } = useText();
  const { model, onHand } = useViewer();
  const { rows, columns } = useImaging((s) => s.layout);
  const [isOpen, setOpen] = useState(false);
  const grid = (
    <div className="im-layouts" role="group" aria-label={t('imaging.layout')}>
      {SIDES.flatMap((row) =>
        SIDES.map((column) => (
          <button
            key={`${row}-${column}`}
            type="button"
            data-on={row <= rows && column <= columns}
            aria-label={t('imaging.layoutOf', { rows: row, columns: column })}
            data-testid={`imaging-layout-${row}-${column}`}
            onClick={() => {
              onHand('look');
              model.setLayout({ rows: row, columns: column });
              setOpen(false);
            }}
          />
        )),
      )}
    </div>
  );
  return (
    <Popover trigger="click" open={isOpen} onOpenChange={setOpen} content={grid} title={t('imaging.layout')}>
      <Button type="text" icon={<AppstoreOutlined />} aria-label={t('imaging.layout')} data-testid="imaging-layout">
        {t('imaging.layoutOf', { rows, columns })}
      </Button>
    </Popover>
  );
}
