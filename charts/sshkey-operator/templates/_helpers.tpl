{{- define "sshkey-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 54 characters, so that what is appended fits. */}}
{{- define "sshkey-operator.fullname" -}}
{{- $name := include "sshkey-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 54 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 54 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 54 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sshkey-operator.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "sshkey-operator.serviceAccountName" -}}
{{- default (include "sshkey-operator.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{/* What never changes, since the selector of a Deployment can't. */}}
{{- define "sshkey-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sshkey-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* What the chart sets goes before what is given. */}}
{{- define "sshkey-operator.labels" -}}
{{- $own := include "sshkey-operator.ownLabels" . | fromYaml -}}
{{- merge $own .Values.commonLabels | toYaml -}}
{{- end -}}

{{- define "sshkey-operator.ownLabels" -}}
{{ include "sshkey-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* By these the azure-workload-identity webhook gives the pod its identity. */}}
{{- define "sshkey-operator.workloadIdentityLabel" -}}
{{- if .Values.workloadIdentity.clientId -}}
azure.workload.identity/use: "true"
{{- end -}}
{{- end -}}

{{- define "sshkey-operator.workloadIdentityAnnotation" -}}
{{- with .Values.workloadIdentity.clientId -}}
azure.workload.identity/client-id: {{ . | quote }}
{{- end -}}
{{- end -}}

{{- define "sshkey-operator.image" -}}
{{- $repository := required "image.repository must be given: there is no public image yet. `make image` in the operator's sources builds one." .Values.image.repository -}}
{{- with .Values.image.registry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Where the certificate authorities for Azure come from, as a volume; empty when there are none. */}}
{{- define "sshkey-operator.caVolume" -}}
{{- $ca := .Values.azure.ca -}}
{{- if $ca.secret -}}
secret:
  secretName: {{ $ca.secret | quote }}
  items: [{key: {{ $ca.key | quote }}, path: ca.crt}]
{{- else if $ca.configMap -}}
configMap:
  name: {{ $ca.configMap | quote }}
  items: [{key: {{ $ca.key | quote }}, path: ca.crt}]
{{- else if $ca.pem -}}
configMap:
  name: {{ include "sshkey-operator.fullname" . }}-azure-ca
{{- end -}}
{{- end -}}

{{/* Rules of files/rbac.yaml, less what the values make needless. */}}
{{- define "sshkey-operator.rules" -}}
{{- $rules := list -}}
{{- range .rules -}}
{{- $rule := deepCopy . -}}
{{- if and (or (has "secrets" $rule.resources) (has "configmaps" $rule.resources)) (not $.values.watchSecrets) -}}
{{- $_ := set $rule "verbs" (without $rule.verbs "list" "watch") -}}
{{- end -}}
{{- if has "serviceaccounts/token" $rule.resources -}}
{{- $_ := set $rule "resourceNames" (list $.values.workloadIdentityServiceAccount) -}}
{{- end -}}
{{- if and (has "leases" $rule.resources) $rule.resourceNames -}}
{{- $_ := set $rule "resourceNames" (list $.lease) -}}
{{- end -}}
{{- if $rule.verbs -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{/* The pods that are spread: those of one revision, so that an upgrade's new pods don't count the old ones. */}}
{{- define "sshkey-operator.spreadPods" -}}
labelSelector:
  matchLabels: {{- include "sshkey-operator.selectorLabels" . | nindent 4 }}
matchLabelKeys: [pod-template-hash]
{{- end -}}
