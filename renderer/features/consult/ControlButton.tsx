import { Tooltip } from 'antd';
import type { ReactNode } from 'react';

export interface ControlButtonProps {
  readonly icon: ReactNode;
  readonly label: string;
  readonly hint?: string;
  readonly testId?: string;
  readonly isOn?: boolean;
  readonly isDanger?: boolean;
  readonly badge?: number;
  readonly state?: string;
  readonly disabledReason?: string | undefined;
  readonly onClick: () => void;
}

/** A button of the control bar: icon over word. One that cannot be used stays in its place and says why. */
export function ControlButton(props: ControlButtonProps) {
  const isDisabled = props.disabledReason !== undefined;
  return (
    <Tooltip title={props.disabledReason ?? props.hint ?? ''}>
      <button
        type="button"
        className="cr-control"
        data-testid={props.testId}
        data-state={props.state}
        data-danger={props.isDanger}
        {...(props.isOn === undefined ? {} : { 'aria-pressed': props.isOn })}
        aria-disabled={isDisabled}
        aria-label={props.hint ? `${props.label}. ${props.hint}` : props.label}
        onClick={isDisabled ? undefined : props.onClick}
      >
        <span className="cr-control-icon">
          {props.icon}
          {props.badge !== undefined && props.badge > 0 && (
            <span className="cr-badge" aria-hidden="true">
              {props.badge > 99 ? '99+' : props.badge}
            </span>
          )}
        </span>
        <span>{props.label}</span>
      </button>
    </Tooltip>
  );
}
