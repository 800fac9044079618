import { BgColorsOutlined, DownOutlined, ReloadOutlined, UndoOutlined } from '@ant-design/icons';
import { Button, Dropdown, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import { isMarkTool, MARK_TOOLS, type ToolName, VIEW_TOOLS } from '#shared/domain/imaging/marks';
import { presetsOf } from '../../services/imaging/presets.ts';
import { EMPTY_CELL } from '../../state/imaging/imagingState.ts';
import { useText } from '../../ui/text.ts';
import { type HandKind, useImaging, useViewer } from './imagingContext.ts';
import { LayoutPicker } from './LayoutPicker.tsx';
import { flipAcrossIcon, flipDownIcon, invertIcon, linkIcon, planesIcon, rotateIcon, scoutIcon, TOOL_ICONS } from './toolLook.tsx';

interface ToolButtonProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly isOn?: boolean;
  readonly disabledReason?: string | null;
  readonly hand?: HandKind | null;
  readonly testId: string;
  readonly onClick: () => void;
}

function ToolButton({ label, icon, isOn = false, disabledReason = null, hand = null, testId, onClick }: ToolButtonProps) {
  const { onHand } = useViewer();
  const press = () => {
    if (hand) onHand(hand);
    onClick();
  };
  return (
    <Tooltip title={disabledReason ?? label}>
      <Button type={isOn ? 'primary' : 'text'} icon={<span className="im-icon">{icon}</span>} aria-label={label} aria-pressed={isOn} disabled={disabledReason !== null} onClick={press} data-testid={testId} />
    </Tooltip>
  );
}

/** Everything that is done to a picture. The tool chosen is the left button's and the finger's. */
export function Toolbar({ children }: { readonly children: ReactNode }) {
  const { t } = useText();
  const { model, onHand } = useViewer();
  const tool = useImaging((s) => s.tool);
  const cell = useImaging((s) => s.cells[s.active] ?? EMPTY_CELL);
  const { isLinked, hasScout, canUndo, hasVolumes } = useImaging((s) => s);
  const cellCount = useImaging((s) => s.cells.length);
  const hasPlanes = useImaging((s) => s.cells.filter(({ view }) => view !== null && view.plane !== 'stack').length > 1);
  const presets = presetsOf(cell.series?.modality ?? '');
  const noPlanes = !hasVolumes ? t('imaging.planesNone.noGraphics') : cell.series?.noVolume ? t(`imaging.planesNone.${cell.series.noVolume}`) : null;
  const toolButton = (name: ToolName) => <ToolButton key={name} label={t(`imaging.tool.${name}`)} icon={TOOL_ICONS[name]} isOn={tool === name} testId={`imaging-tool-${name}`} onClick={() => model.setTool(name)} />;
  return (
    <div className="im-toolbar" role="toolbar" aria-label={t('imaging.tools')}>
      <div className="im-group">{VIEW_TOOLS.filter((name) => name !== 'crosshair' || hasPlanes).map(toolButton)}</div>
      <div className="im-group im-marks-wide">{MARK_TOOLS.map(toolButton)}</div>
      <Dropdown
        trigger={['click']}
        menu={{ selectedKeys: [tool], items: MARK_TOOLS.map((name) => ({ key: name, label: t(`imaging.tool.${name}`), icon: <span className="im-icon">{TOOL_ICONS[name]}</span>, onClick: () => model.setTool(name) })) }}
      >
        <Button className="im-marks-narrow" type={isMarkTool(tool) ? 'primary' : 'text'} data-testid="imaging-measure-menu">
          {isMarkTool(tool) ? t(`imaging.tool.${tool}`) : t('imaging.measure')} <DownOutlined />
        </Button>
      </Dropdown>
      {presets.length > 0 && (
        <Dropdown trigger={['click']} menu={{ items: presets.map((preset) => ({ key: preset.name, label: <span className="im-preset"><span>{t(`imaging.preset.${preset.name}`)}</span><kbd>{preset.key}</kbd></span>, onClick: () => {
          onHand('look');
          model.setWindow({ center: preset.center, width: preset.width });
        } })) }}>
          <Button type="text" icon={<BgColorsOutlined />} data-testid="imaging-presets">
            {t('imaging.presets')}
          </Button>
        </Dropdown>
      )}
      <div className="im-group">
        <ToolButton label={t('imaging.rotate')} icon={rotateIcon} hand="look" testId="imaging-rotate" onClick={() => model.rotate(90)} />
        <ToolButton label={t('imaging.flipAcross')} icon={flipAcrossIcon} hand="look" testId="imaging-flip-across" onClick={model.flipAcross} />
        <ToolButton label={t('imaging.flipDown')} icon={flipDownIcon} hand="look" testId="imaging-flip-down" onClick={model.flipDown} />
        <ToolButton label={t('imaging.invert')} icon={invertIcon} hand="look" testId="imaging-invert" onClick={model.invert} />
        <ToolButton label={t('imaging.undo')} icon={<UndoOutlined />} disabledReason={canUndo ? null : t('imaging.undo')} hand="look" testId="imaging-undo" onClick={model.undo} />
        <ToolButton label={t('imaging.reset')} icon={<ReloadOutlined />} hand="look" testId="imaging-reset" onClick={model.reset} />
      </div>
      <div className="im-group">
        <LayoutPicker />
        {cellCount > 1 && <ToolButton label={t('imaging.link')} icon={linkIcon} isOn={isLinked} testId="imaging-link" onClick={() => model.setLinked(!isLinked)} />}
        {cellCount > 1 && <ToolButton label={t('imaging.scout')} icon={scoutIcon} isOn={hasScout} testId="imaging-scout" onClick={() => model.setScout(!hasScout)} />}
        <ToolButton label={t('imaging.planes')} icon={planesIcon} disabledReason={noPlanes} hand="look" testId="imaging-planes" onClick={model.openPlanes} />
      </div>
      {children}
    </div>
  );
}
