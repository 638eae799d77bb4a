{{- define "beacon.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}@{{ .Values.image.digest }}
{{- end }}

{{- define "beacon.labels" -}}
app.kubernetes.io/name: beacon
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- /* One CA for the whole render: made on first use, then kept on the root context. */}}
{{- define "beacon.ca" -}}
{{- if not .beaconCA }}
{{- $_ := set . "beaconCA" (genCA "Beacon CA" (int .Values.tls.days.ca)) }}
{{- end }}
{{- end }}
