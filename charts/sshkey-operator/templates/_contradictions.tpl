{{/* Values that can't both hold: each alone is fine, so the schema can't tell. */}}
{{- define "sshkey-operator.refuseContradictions" -}}
{{- $values := .Values -}}
{{- if not $values.leaderElection -}}
{{- if gt (int $values.replicas) 1 -}}
{{- fail (printf "replicas: %d needs leaderElection: without it all pods would work at once" (int $values.replicas)) -}}
{{- end -}}
{{- if ne $values.strategy.type "Recreate" -}}
{{- fail "leaderElection: false needs strategy.type: Recreate: otherwise an upgrade runs two pods at once, and both would work" -}}
{{- end -}}
{{- end -}}
{{- $given := list -}}
{{- range $values.extraEnv -}}
{{- $given = append $given .name -}}
{{- if hasPrefix "SSHKEY_OPERATOR_LEADER_ELECTION" .name -}}
{{- fail (printf "extraEnv: %s is the chart's: say leaderElection" .name) -}}
{{- end -}}
{{- end -}}
{{- if and $values.proxy.https (has "HTTPS_PROXY" $given) -}}
{{- fail "HTTPS_PROXY: give one of proxy.https and extraEnv" -}}
{{- end -}}
{{- if and $values.proxy.noProxy (has "NO_PROXY" $given) -}}
{{- fail "NO_PROXY: give one of proxy.noProxy and extraEnv" -}}
{{- end -}}
{{- $ca := $values.azure.ca -}}
{{- if gt (len (compact (list $ca.pem $ca.configMap $ca.secret))) 1 -}}
{{- fail "azure.ca: give one of pem, configMap and secret" -}}
{{- end -}}
{{- if not (or $values.serviceAccount.create $values.serviceAccount.name) -}}
{{- fail "serviceAccount.create: false needs serviceAccount.name, the account that the pod runs as" -}}
{{- end -}}
{{- include "sshkey-operator.refuseStore" . -}}
{{- include "sshkey-operator.refuseMetrics" . -}}
{{- end -}}

{{- define "sshkey-operator.refuseStore" -}}
{{- with .Values.defaultStore -}}
{{- if not $.Values.watchClusterStores -}}
{{- fail "defaultStore is of no use with watchClusterStores: false" -}}
{{- end -}}
{{- if $.Values.watchNamespaces -}}
{{- range (dig "tenants" "namespaces" "names" list .) -}}
{{- if not (or (eq . "*") (has . $.Values.watchNamespaces)) -}}
{{- fail (printf "defaultStore lets in the namespace %s, which is not among watchNamespaces: its SshKeys would wait for ever" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sshkey-operator.refuseMetrics" -}}
{{- $metrics := .Values.metrics -}}
{{- if not $metrics.enabled -}}
{{- range $name := list "service" "podMonitor" "serviceMonitor" "prometheusRule" "dashboard" -}}
{{- if (get $metrics $name).enabled -}}
{{- fail (printf "metrics.%s needs metrics.enabled" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $metrics.serviceMonitor.enabled -}}
{{- if not $metrics.service.enabled -}}
{{- fail "metrics.serviceMonitor needs metrics.service.enabled" -}}
{{- end -}}
{{- if $metrics.podMonitor.enabled -}}
{{- fail "metrics: enable one of podMonitor and serviceMonitor, or everything is counted twice" -}}
{{- end -}}
{{- end -}}
{{- end -}}
