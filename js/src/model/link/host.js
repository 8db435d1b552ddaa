/**
 * The types of what a host passes in, and of what it has besides.
 *
 * @typedef {object} Model what anywidget hands to `initialize` and `render`
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {(callbacks?: object) => void} save_changes
 * @property {(content: unknown) => void} send
 * @property {(name: string, handler: (...args: any[]) => void) => void} on
 * @property {(name: string, handler: (...args: any[]) => void) => void} off
 * @property {Manager} [widget_manager] of hosts with ipywidgets
 *
 * @typedef {object} Manager
 * @property {() => { shell?: object, iopub?: object }} [callbacks]
 * @property {{ connectionStatusChanged?: Signal } | null} [kernel]
 * @property {Signal} [restored] the host has set all traits to the kernel's
 * @property {{ model?: NotebookModel }} [context] JupyterLab's, of the open file
 * @typedef {object} NotebookModel
 * @property {Iterable<{ outputs?: OutputList }>} cells
 * @property {(name: string) => any} getMetadata
 * @property {(name: string, value: object) => void} setMetadata
 * @typedef {object} OutputList
 * @property {number} length
 * @property {(at: number) => { toJSON: () => any }} get
 * @property {(at: number, output: object) => void} set
 * @typedef {(sender: unknown, argument: any) => void} Slot
 * @typedef {object} Signal
 * @property {(slot: Slot) => void} connect
 * @property {(slot: Slot) => void} disconnect
 */

export {};
