import { BugOutlined, DisconnectOutlined, ExclamationCircleOutlined, HddOutlined, HourglassOutlined, LockOutlined, ToolOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { AppError, ErrorCategory } from '#shared/protocol/errors';
import { useText } from '../text.ts';

const ICONS: Readonly<Record<ErrorCategory, ReactNode>> = {
  network: <DisconnectOutlined />,
  permission: <LockOutlined />,
  device: <ToolOutlined />,
  storage: <HddOutlined />,
  input: <ExclamationCircleOutlined />,
  state: <HourglassOutlined />,
  capacity: <HourglassOutlined />,
  bug: <BugOutlined />,
};

/** What happened and what to do, by the error's code; what it offers beside is the place's business (`action`). */
export function ErrorNotice({ error, title, text, action }: { readonly error: AppError; readonly title?: string; readonly text?: string; readonly action?: ReactNode }) {
  const { t } = useText();
  return (
    <div className="hz-error" role="alert" data-category={error.category} data-code={error.code}>
      {ICONS[error.category]}
      <div className="hz-grow">
        <strong>{title ?? t(`errorTitle.${error.category}`)}</strong>
        <span>{text ?? t(`error.${error.code}`)}</span>
      </div>
      {action}
    </div>
  );
}
